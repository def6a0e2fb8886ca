"""The floor as a side: its server, its worker, a Redis of its own."""

from harness.children import Child, free_port
from harness.services import Services
from harness.side import Request, Side

_JOBS = "{bench}:jobs"
_CREDENTIAL = "App 00000000000000000000000000000000-floor"
_ID = "0" * 32


class Floor(Side):
    """The smallest honest server."""

    name = "floor"
    _needs = "redis"
    headers = {"authorization": _CREDENTIAL}
    send = Request("/send", f'{{"applicationId":"{_ID}","messageId":"{_ID}","to":"{{n}}"}}')
    verify = Request("/verify", '{"pinId":"{id}","pin":"{pin}"}')
    guess_wrong = Request("/verify", '{"pinId":"{id}","pin":"000000"}')

    def __init__(self, workers, sink):
        self._workers, self._sink = workers, sink
        self._services = Services(self.name.replace("+", "-"), only=self._needs)
        self.redis = self._services.redis
        self._server = self._worker = None
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"

    def processes(self):
        return {"server": self._server.pid, "redis": self._services.redis_pid}

    def worker_processes(self):
        return {"worker": self._worker.pid, "redis": self._services.redis_pid}

    def fresh(self):
        self.halt()
        self.redis.empty()
        command = [self.tool("floor"), "--port", self._port, "--workers", self._workers, "--redis", self.redis.url]
        self._server = Child("floor", command).until_answers(self.url)

    def halt(self):
        self.stop_worker()
        if self._server:
            self._server.stop()
            self._server = None

    def start_worker(self):
        command = [self.tool("floor-worker"), "--redis", self.redis.url, "--sink", self._sink.url, "--seconds", 300]
        self._worker = Child("floor-worker", command + self._more_of_worker())

    def _more_of_worker(self):
        return []

    def stop_worker(self):
        if self._worker:
            self._worker.stop()
            self._worker = None

    def waiting(self):
        return self.redis.call("XLEN", _JOBS)

    def last_words(self):
        return self._server.tail()

    def stop(self):
        self.halt()
        self._services.stop()


class RecordingFloor(Floor):
    """The smallest honest worker that also writes one row per message to PostgreSQL, as many at a time as Pinfold does."""

    name = "floor+record"
    _needs = None

    def worker_processes(self):
        return super().worker_processes() | {"postgres": self._services.postgres_pid()}

    def _more_of_worker(self):
        return ["--postgres", self._services.variables["DATABASE_OWNER_URL"]]

"""Pinfold as a side: one process for the edge and its roles, one for dispatch, PostgreSQL and a Redis of their own."""

import base64
import json
import os
import secrets
import subprocess
from pathlib import Path

from harness import tenant
from harness.children import Child, free_port
from harness.places import OUT, Failure
from harness.services import Services
from harness.side import Request, Side

_EDGE = "gateway,config-service,verification"
_PARTITIONS = 16


class Pinfold(Side):
    """Everything real: keys, snapshots, number parsing, limits, events, logs as in production."""

    name = "pinfold"

    def __init__(self, program, workers, sink):
        self._program = program
        self._services = Services("pinfold")
        self.redis = self._services.redis
        self._server = self._worker = None
        self._port, self._worker_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        variables = self._services.variables
        self._environment = {name: value for name, value in variables.items() if name.startswith("PINFOLD__")} | {
            "PINFOLD__PROFILE": "development",
            "PINFOLD__HTTP__HOST": "127.0.0.1",
            "PINFOLD__HTTP__PUBLIC_URL": self.url,
            "PINFOLD__HTTP__WORKERS": str(workers),
            "PINFOLD__SECURITY__MASTER_KEY": base64.b64encode(os.urandom(32)).decode(),
            "PINFOLD__SECURITY__INTERNAL_SECRET": secrets.token_hex(32),
            "PINFOLD__TELEMETRY__LOG_FORMAT": "json",
            # Its cost is a stage of its own.
            "PINFOLD__FRAUD__MODE": "off",
            "PINFOLD__ROLES__DISPATCH_URL": f"http://127.0.0.1:{self._worker_port}",
        }
        self._environment |= tenant.SETTINGS
        self._command("migrate")
        self._start_server({})
        self.tenant = tenant.configure_tenant(self.url, sink.url, self._demo_key())
        self.headers = {"authorization": f"App {self.tenant.api_key}"}
        self.send = self.send_to(self.tenant.application)
        self.verify = Request("/2fa/2/pin/{id}/verify", '{"pin":"{pin}"}')
        self.guess_wrong = Request("/2fa/2/pin/{id}/verify", '{"pin":"000000"}')

    def send_to(self, application):
        """A send by one of the tenant's applications."""
        ids = f'"applicationId":"{application.id}","messageId":"{application.message_id}"'
        return Request("/2fa/2/pin", f'{{{ids},"to":"{{n}}"}}')

    def processes(self):
        return {"server": self._server.pid, "redis": self._services.redis_pid, "postgres": self._services.postgres_pid()}

    def worker_processes(self):
        return self.processes() | {"server": self._server.pid, "worker": self._worker.pid}

    def fresh(self, **settings):
        self.halt()
        self.redis.empty()
        self._start_server(settings)

    def halt(self):
        self.stop_worker()
        if self._server:
            self._server.stop()
            self._server = None

    def start_worker(self, **settings):
        environment = self._environment | {"PINFOLD__HTTP__PORT": str(self._worker_port)} | settings
        self._worker = Child("pinfold-dispatch", [self._program, "serve", "--role", "dispatch"], environment)

    def stop_worker(self):
        if self._worker:
            self._worker.stop()
            self._worker = None

    def waiting(self):
        """Entries of the streams that their group has not read or not acknowledged, and retries that are due later."""
        count = sum(self.redis.calls([("ZCARD", f"pf:{{{partition:02}}}:due") for partition in range(_PARTITIONS)]))
        parked = self.redis.calls([("GET", f"pf:{{{partition:02}}}:parked") for partition in range(_PARTITIONS)])
        count += sum(int(each or 0) for each in parked)
        streams = self._streams(self.redis)
        for stream, groups in zip(streams, self.redis.calls([("XINFO", "GROUPS", stream) for stream in streams])):
            for group in groups:
                facts = dict(zip(group[::2], group[1::2]))
                # The lag is unknown once entries were deleted out of order; what is settled is deleted, so the rest waits.
                lag = self.redis.call("XLEN", stream) if facts[b"lag"] is None else facts[b"lag"] + facts[b"pending"]
                count += lag
        return count

    def drop_streams(self, redis):
        """Forgets what waits, for fills that are about memory and not about delivery."""
        redis.calls([("XTRIM", stream, "MAXLEN", 0) for stream in self._streams(redis)])
        for partition in range(_PARTITIONS):
            flows = redis.call("LRANGE", f"pf:{{{partition:02}}}:turns", 0, -1)
            parked = [f"pf:{{{partition:02}}}:parked:".encode() + flow for flow in flows]
            redis.call("DEL", f"pf:{{{partition:02}}}:turns", f"pf:{{{partition:02}}}:parked", *parked)

    def _streams(self, redis):
        names = [f"pf:{{{partition:02}}}:{kind}" for partition in range(_PARTITIONS) for kind in ("jobs", "events")]
        return [name for name, exists in zip(names, redis.calls([("EXISTS", name) for name in names])) if exists]

    def last_words(self):
        return self._server.tail()

    def stop(self):
        self.halt()
        self._services.stop()

    def key_of(self, application, slug):
        """A key whose requests may leave out this application, which gets a slug."""
        key = self._command("key", "create", "--tenant", "demo", "--name", "dialects", "--application", application, "--json")
        tenant.name_application(self.url, self.tenant.api_key, application, slug)
        return json.loads(key)["key"]

    def tenant_beside(self, slug, partition, sink_url):
        """Another tenant, in a partition if one is named: the headers and the request of its sends."""
        for attempt in range(1_000):
            made = json.loads(self._command("tenant", "create", "--name", f"{slug}-{attempt}", "--json"))
            if partition in (None, int(made["id"][:8], 16) % _PARTITIONS):
                break
        key = json.loads(self._command("key", "create", "--tenant", made["slug"], "--name", "bench", "--json"))["key"]
        application = tenant.configure_tenant(self.url, sink_url, key).application
        return {"authorization": f"App {key}"}, self.send_to(application)

    def query(self, sql, **variables):
        """What PostgreSQL answers its owner to a statement, or to a file of them."""
        given = self._services.variables
        command = [given["PSQL"], given["DATABASE_OWNER_URL"], "-Xqtc", sql]
        if isinstance(sql, Path):
            command = [*command[:2], "-Xqt", "-v", "ON_ERROR_STOP=1", "-f", sql]
            command += [word for name, value in variables.items() for word in ("-v", f"{name}={value}")]
        outcome = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
        if outcome.returncode != 0:
            raise Failure(f"psql failed:\n{outcome.stderr}")
        return outcome.stdout.strip()

    def _start_server(self, settings):
        environment = self._environment | {"PINFOLD__HTTP__PORT": str(self._port)} | settings
        self._server = Child("pinfold-edge", [self._program, "serve", "--role", _EDGE], environment)
        self._server.until_answers(f"{self.url}/health/ready")

    def _demo_key(self):
        file = OUT / "demo.env"
        self._command("tenant", "demo", "--env-file", file)
        variables = dict(line.split("=", 1) for line in file.read_text().splitlines() if "=" in line)
        file.unlink()
        return variables["API_KEY"]

    def _command(self, *words):
        environment = os.environ | self._environment | {"PINFOLD__HTTP__PORT": str(self._port)}
        command = [str(word) for word in (self._program, *words)]
        outcome = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
        if outcome.returncode != 0:
            raise Failure(f"pinfold {words[0]} failed:\n{outcome.stdout}{outcome.stderr}")
        return outcome.stdout

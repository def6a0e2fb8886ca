"""A private Redis: loopback, password, append-only file synced every second, never evicting."""

import re
import shutil
import socket

from checkout import Failure, write_private
from ports import LOOPBACK, free_port, is_taken
from processes import Remembered, wait_until
from programs import find_redis

SETTINGS = """
bind {host}
port {port}
requirepass {password}
dir {data}
logfile {log}
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
proc-title-template "{{title}} {{listen-addr}} {{config-file}}"
"""


class RedisServer:
    """One server in `home`, which the given account owns."""

    def __init__(self, home, account, secrets):
        self.home, self.account, self.password = home, account, secrets["REDIS_PASSWORD"]
        self.data = home / "redis"
        self.log = home / "redis.log"
        self.configuration = home / "redis.conf"
        self.process = Remembered(home / "redis.process")

    def url(self, port):
        # The user name is spelled out for redis-cli, which takes an empty one literally.
        return f"redis://default:{self.password}@{LOOPBACK}:{port}/0"

    def port(self):
        """The port it listens on, or None when it does not run."""
        if self.process.running() is None:
            return None
        return int(re.search(r"^port (\d+)$", self.configuration.read_text(), re.MULTILINE).group(1))

    def start(self, preferred_port):
        """Starts it and waits until its data is loaded. Returns the port."""
        if (port := self.port()) is not None:
            return port
        self.data.mkdir(mode=0o700, exist_ok=True)
        self.account.own(self.data)
        candidates = [port for port in (preferred_port,) if port and not is_taken(port)]
        # A free port may be taken by another program before the server binds it.
        for port in [*candidates, free_port(), free_port()]:
            if self._start(port):
                return port
            self.stop()
        raise Failure(f"Redis did not start; its log is {self.log}")

    def stop(self):
        return self.process.stop(patience=20)

    def remove(self):
        for path in (self.log, self.configuration):
            path.unlink(missing_ok=True)
        if self.data.exists():
            shutil.rmtree(self.data)

    def _start(self, port):
        if (program := find_redis()) is None:
            raise Failure("Redis is not installed.")
        self._configure(port)
        server = self.account.start([program.path, self.configuration], self.home)
        self.process.write(server.pid, str(self.configuration))
        wait_until(lambda: server.poll() is not None or self._answers(port), seconds=60, step=0.01)
        return server.poll() is None and self._answers(port)

    def _configure(self, port):
        paths = {"data": _quoted(self.data), "log": _quoted(self.log)}
        write_private(self.configuration, SETTINGS.format(host=LOOPBACK, port=port, password=self.password, **paths))
        self.account.own(self.configuration)

    def _answers(self, port):
        """Whether this very server is ready: only it knows the password, and while it loads it answers PING with an error."""
        try:
            with socket.create_connection((LOOPBACK, port), timeout=1) as connection:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                with connection.makefile("rb") as answers:
                    return [answers.readline(), answers.readline()] == [b"+OK\r\n", b"+PONG\r\n"]
        except OSError:
            return False


def _quoted(path):
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'

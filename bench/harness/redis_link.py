"""A connection to one private Redis: commands, counters, and what a monitor sees."""

import re
import socket
import threading
import time
from urllib.parse import urlsplit


class RedisLink:
    """Speaks RESP over one socket."""

    def __init__(self, url):
        self.url = url
        parts = urlsplit(url)
        self._socket = socket.create_connection((parts.hostname, parts.port), timeout=60)
        self._answers = self._socket.makefile("rb")
        if parts.password:
            self.call("AUTH", parts.username or "default", parts.password)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._answers.close()
        self._socket.close()

    def call(self, *words):
        return self.calls([words])[0]

    def calls(self, commands):
        """Sends commands together and returns their answers; an error answer is raised."""
        self._socket.sendall(b"".join(_encode(words) for words in commands))
        answers = [self._read() for _ in commands]
        for answer in answers:
            if isinstance(answer, RuntimeError):
                raise answer
        return answers

    def info(self, section):
        lines = self.call("INFO", section).decode().splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def command_calls(self):
        """How often each command ran, those inside scripts included."""
        found = {}
        for name, text in self.info("commandstats").items():
            found[name.removeprefix("cmdstat_")] = int(re.match(r"calls=(\d+)", text).group(1))
        return found

    def memory(self):
        """Bytes the data takes, without what clients and the append-only file hold for a moment."""
        info = self.info("memory")
        passing = ("mem_clients_normal", "mem_aof_buffer", "mem_clients_slaves")
        return int(info["used_memory"]) - sum(int(info.get(name, 0)) for name in passing)

    def scan(self, pattern="*"):
        cursor = b"0"
        while True:
            cursor, keys = self.call("SCAN", cursor, "MATCH", pattern, "COUNT", 5000)
            yield from keys
            if cursor == b"0":
                return

    def empty(self):
        """Drops all data, and the log of how it came about."""
        self.call("FLUSHALL", "SYNC")
        self.call("CONFIG", "RESETSTAT")
        if self.call("CONFIG", "GET", "appendonly")[1] == b"yes":
            self._until_rewritten()
            self.call("BGREWRITEAOF")
            self._until_rewritten()

    def keep_log(self, is_kept):
        """Turns the append-only file on or off, and waits for the file to be written."""
        self.call("CONFIG", "SET", "appendonly", "yes" if is_kept else "no")
        self._until_rewritten()

    def _until_rewritten(self):
        waiting = ("aof_rewrite_in_progress", "aof_rewrite_scheduled")
        while any(self.info("persistence")[name] == "1" for name in waiting):
            time.sleep(0.05)

    def _read(self):
        line = self._answers.readline()
        if not line:
            raise ConnectionError("Redis closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest
        if kind == b"-":
            return RuntimeError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self._answers.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return None if rest == b"-1" else [self._read() for _ in range(int(rest))]
        raise ValueError(f"unexpected answer {line!r}")


class Monitor:
    """The commands that clients send while it is open; those that scripts run are no trips and left out."""

    def __init__(self, url):
        self._link = RedisLink(url)
        self.commands = []
        self._link.call("MONITOR")
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._link._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._link.close()

    def _listen(self):
        for line in self._link._answers:
            found = re.match(r'\+[\d.]+ \[\d+ ([^\]]*)\] "([^"]*)"', line.decode(errors="replace"))
            if found and found.group(1) != "lua":
                self.commands.append(found.group(2).upper())


def _encode(words):
    parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)

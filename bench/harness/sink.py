"""The stand-in for a provider that both workers deliver to."""

import json
import time
import urllib.request

from harness.children import Child, free_port
from harness.places import BENCH


class Sink:
    """Counts what arrives."""

    def __init__(self):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/messages"
        self._count = f"http://127.0.0.1:{port}/count"
        self._pins = f"http://127.0.0.1:{port}/pins"
        program = BENCH / "floor" / "target" / "release" / "sink"
        self._child = Child("sink", [program, "--port", port]).until_answers(self._count)
        self.pid = self._child.pid

    def read(self):
        with urllib.request.urlopen(self._count, timeout=5) as answer:
            return json.load(answer)

    def reset(self):
        urllib.request.urlopen(urllib.request.Request(self._count, method="DELETE"), timeout=5).close()

    def keep_pins(self):
        urllib.request.urlopen(urllib.request.Request(self._pins, method="PUT"), timeout=5).close()

    def take_pins(self):
        """What people would have read since they were kept: PINs by number."""
        with urllib.request.urlopen(self._pins, timeout=30) as answer:
            return dict(line.split() for line in answer.read().decode().splitlines())

    def until(self, messages, seconds, step=0.02):
        """Waits until so many arrived, or the time is over; says what did."""
        end = time.monotonic() + seconds
        while (found := self.read())["messages"] < messages and time.monotonic() < end:
            time.sleep(step)
        return found

    def stop(self):
        self._child.stop()

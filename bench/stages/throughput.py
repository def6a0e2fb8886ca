"""Sends and verifies as fast as they go, the sides in turn: requests/s, and what a request costs each process.

Workers are stopped meanwhile, so that deliveries are not charged to sends.
"""

import abc

from harness import loads
from harness.places import Failure
from harness.tenant import GUESSES_PER_PIN
from stages.worker import until_quiet

_MARGIN = 1.5
# Each right PIN must be delivered first, so these runs are short.
_LONGEST_RIGHT = 2
_PATIENCE = 120


def sends(bench):
    """Each request goes to a number of its own."""
    for side in bench.sides:
        side.fresh()
        loads.wrk(side, side.send, bench.numbers.take(200_000), 1)

    def run(side):
        return loads.wrk(side, side.send, bench.numbers.take(1_000_000), bench.plan.seconds)

    return bench.in_turn("send", bench.plan.pairs, run)


def verifies(bench):
    """The right PIN at the first try, as people mostly do: each PIN was delivered and is verified once."""
    seconds = min(bench.plan.seconds, _LONGEST_RIGHT)
    prepared = {side: _Delivered(bench, side) for side in bench.sides}
    return bench.in_turn("verify", bench.plan.pairs, lambda side: prepared[side].run(seconds))


def wrong_guesses(bench):
    """Wrong guesses over many live PINs, of which each allows only a few. The floor forgets them; Pinfold counts them for PIN
    and number, and records each."""
    prepared = {side: _Sent(bench, side) for side in bench.sides}
    return bench.in_turn("wrong guess", bench.plan.pairs, lambda side: prepared[side].run(bench.plan.seconds))


class _Prepared(abc.ABC):
    """PINs to guess at: as many for each run as the run before says are needed."""

    def __init__(self, bench, side):
        self._bench, self._side = bench, side
        side.fresh()
        self._per_second = 20_000
        self.run(1)

    def run(self, seconds):
        count = int(self._per_second * seconds * _MARGIN / self.guesses)
        self.prepare(count)
        found = loads.wrk(self._side, self.request(), 0, seconds, loads.ids_file(self._side))
        self._per_second = found["per_second"]
        guesses = (found["requests"] + loads.CONNECTIONS) / count
        if guesses > self.guesses and seconds > 1:
            self._bench.warn(f"{self._side.name} answered faster than PINs were prepared: the last guesses met spent ones")
        return found | {"guesses_per_pin": guesses}

    @abc.abstractmethod
    def prepare(self, count):
        """Sends so many PINs, and writes what the requests need of them."""

    @abc.abstractmethod
    def request(self):
        """A guess."""


class _Sent(_Prepared):
    guesses = GUESSES_PER_PIN

    def prepare(self, count):
        loads.fill(self._side, self._bench.numbers.take(count), count, collect=loads.ids_file(self._side))

    def request(self):
        return self._side.guess_wrong


class _Delivered(_Prepared):
    guesses = 1

    def prepare(self, count):
        side, sink, lines = self._side, self._bench.sink, loads.ids_file(self._side)
        sink.reset()
        sink.keep_pins()
        side.start_worker()
        loads.fill(side, self._bench.numbers.take(count), count, collect=lines, fields="pinId,to")
        arrived = sink.until(count, _PATIENCE)["messages"]
        until_quiet(side)
        side.stop_worker()
        pins = sink.take_pins()
        if len(pins) < count:
            raise Failure(f"{side.name} delivered {arrived} messages to {len(pins)} of {count} numbers within {_PATIENCE} s")
        sent = (line.split() for line in lines.read_text().splitlines())
        lines.write_text("".join(f"{identity} {pins[number]}\n" for identity, number in sent))

    def request(self):
        return self._side.verify

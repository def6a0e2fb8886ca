"""Sends and verifies as fast as they go, the sides in turn: requests/s, and what a request costs each process.

Workers are stopped meanwhile, so that deliveries are not charged to sends.
"""

from harness import loads
from harness.tenant import GUESSES_PER_PIN

_MARGIN = 1.5


def sends(bench):
    """Each request goes to a number of its own."""
    for side in bench.sides:
        side.fresh()
        loads.wrk(side, side.send, bench.numbers.take(200_000), 1)

    def run(side):
        return loads.wrk(side, side.send, bench.numbers.take(1_000_000), bench.plan.seconds)

    return bench.in_turn("send", bench.plan.pairs, run)


def verifies(bench):
    """Wrong guesses over many live PINs: nobody can know the right ones, and each PIN allows only a few."""
    prepared = {side: _Prepared(bench, side) for side in bench.sides}

    def run(side):
        return prepared[side].run(bench.plan.seconds)

    return bench.in_turn("verify", bench.plan.pairs, run)


class _Prepared:
    """PINs to guess at: as many for each run as the run before says are needed."""

    def __init__(self, bench, side):
        self._bench, self._side = bench, side
        side.fresh()
        self._per_second = 20_000
        self.run(1)

    def run(self, seconds):
        count = int(self._per_second * seconds * _MARGIN / GUESSES_PER_PIN)
        first, ids = self._bench.numbers.take(count), loads.ids_file(self._side)
        loads.fill(self._side, first, count, collect=ids)
        found = loads.wrk(self._side, self._side.verify, 0, seconds, ids)
        self._per_second = max(found["per_second"], self._per_second)
        guesses = (found["requests"] + loads.CONNECTIONS) / count
        if guesses > GUESSES_PER_PIN and seconds > 1:
            self._bench.warn(f"{self._side.name} answered faster than PINs were prepared: the last guesses met spent ones")
        return found | {"guesses_per_pin": guesses}

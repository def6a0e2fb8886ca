"""What the fraud guard costs a send: the same sends with it and without it, in turn. It counts by country and prefix, and records."""

from harness import loads
from harness.progress import say

_MODES = ("off", "record")


def sends(bench):
    side = bench.pinfold
    found = {mode: [] for mode in _MODES}
    for turn in range(bench.plan.pairs):
        for mode in _MODES if turn % 2 == 0 else reversed(_MODES):
            side.fresh(PINFOLD__FRAUD__MODE=mode)
            loads.wrk(side, side.send, bench.numbers.take(400_000), 1)
            side.redis.empty()
            seen = loads.wrk(side, side.send, bench.numbers.take(400_000), bench.plan.seconds)
            found[mode].append(seen)
            cost = sum(seen["cpu_us"][part] for part in ("server", "redis"))
            say(f"guard {turn + 1}/{bench.plan.pairs}: {mode:8s} {seen['per_second']:8.0f}/s  server and redis {cost:.1f} us")
    side.fresh()
    return found

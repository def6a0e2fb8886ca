"""What is left of PINs after all their times are over: sent, delivered, guessed at, then waited for."""

import time

from harness import loads
from harness.progress import say
from harness.tenant import SHORT_RETENTION
from stages.memory import walk
from stages.worker import until_quiet

_LONGEST_WAIT = 90


def keys_left(bench):
    """Uses an application whose PINs and limits last seconds, and records that are kept as briefly."""
    side, pins = bench.pinfold, bench.plan.expiry_pins
    say(f"expiry: {pins} short-lived PINs")
    side.fresh(**SHORT_RETENTION)
    bench.sink.reset()
    side.start_worker(**SHORT_RETENTION)
    ids = loads.ids_file(side)
    first = bench.numbers.take(pins)
    send = side.send_to(side.tenant.short_lived)
    sent = loads.rate(side, send, first, requests=pins, collect=ids)
    loads.rate(side, side.guess_wrong, 0, requests=pins // 2, ids=ids)
    until_quiet(side)
    side.stop_worker()
    longest = _longest_expiry(side)
    before = walk(side, "count")
    waited = min(longest + 1, _LONGEST_WAIT)
    say(f"expiry: waiting {waited:.0f} s")
    time.sleep(waited)
    after = walk(side, "count")
    return {
        "accepted": sent["statuses"].get("200", 0),
        "longest_expiry_s": longest,
        "waited_s": waited,
        "keys_before": before,
        "keys_after": after,
        "pin_keys_left": after.get("pin", 0),
        "number_keys_left": after.get("num", 0),
    }


def _longest_expiry(side):
    """In seconds; a record without an expiry would never go."""
    keys = [key for noun in ("pin", "num") for key in side.redis.scan(f"pf:*:{noun}:*")]
    times = side.redis.calls([("PTTL", key) for key in keys])
    return float("inf") if -1 in times else max(times, default=0) / 1000

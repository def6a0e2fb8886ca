"""Bytes of Redis per live PIN.

The figure that counts is what `used_memory` shows once every other key is deleted, less what it shows once the PINs are
too, divided by the PINs: record, key, expiry, and Redis' hash tables at the size that the PINs alone need, since they
do not shrink when keys go. Beside it stand the total with counters, and `MEMORY USAGE` of a sample of records.
"""

import json
import math
import threading
import time

from harness import loads
from harness.places import Failure
from harness.progress import say
from harness.redis_link import RedisLink
from stages.worker import until_quiet

_SAMPLE = 1_000
# Walks the keys in steps; counts them by the noun in their name, and deletes all but the records when told to.
_WALK = r"""
local answer = redis.call('SCAN', ARGV[1], 'COUNT', 2000)
local nouns = {}
for _, key in ipairs(answer[2]) do
  local noun = string.match(key, '^pf:{%w+}:(%a+)') or 'other'
  nouns[noun] = (nouns[noun] or 0) + 1
  if ARGV[2] == 'delete' and noun ~= 'pin' then redis.call('DEL', key) end
end
return {answer[1], cjson.encode(nouns)}
"""


def per_pin(bench):
    """At a small number of PINs, delivered and recorded as in life; at a large one, without delivery."""
    side = bench.pinfold
    plan = bench.plan
    return [_measure(bench, side, plan.small_memory_pins, True), _measure(bench, side, plan.memory_pins, False)]


def _measure(bench, side, pins, is_delivered):
    say(f"memory: {pins} PINs, {'delivered' if is_delivered else 'not delivered'}")
    side.fresh()
    # Memory does not depend on the append-only file, whose gigabytes would only cost time.
    side.redis.keep_log(False)
    try:
        if is_delivered:
            _fill_delivered(bench, side, pins)
        else:
            _fill_dropping_streams(bench, side, pins)
        # The buffers of dozens of clients come and go; without them only the data is left.
        side.halt()
        whole = _settled_memory(side)
        counts = walk(side, "count")
        walk(side, "delete")
        alone = _settled_memory(side)
        records = side.redis.call("DBSIZE")
        size, encoding = _sample(side)
        side.redis.call("FLUSHALL", "SYNC")
        empty = _settled_memory(side)
        spare = _tables(sum(counts.values())) - _tables(records)
        return {
            "pins": records,
            "delivered": is_delivered,
            "bytes_per_pin": (alone - spare - empty) / records,
            "bytes_per_pin_with_counters": (whole - empty) / records,
            "record_bytes": size,
            "encoding": encoding,
            "keys": counts,
        }
    finally:
        side.redis.call("FLUSHALL", "SYNC")
        side.redis.keep_log(True)


def _settled_memory(side):
    """Redis looks at the buffers of its clients once a second, and keeps a histogram for every command ever used."""
    time.sleep(1.2)
    side.redis.call("CONFIG", "RESETSTAT")
    return side.redis.memory()


def _sample(side):
    """Mean size and encoding of some records, over a connection whose buffers go with it."""
    with RedisLink(side.redis.url) as redis:
        keys = [redis.call("RANDOMKEY") for _ in range(_SAMPLE)]
        sizes = redis.calls([("MEMORY", "USAGE", key, "SAMPLES", 0) for key in keys])
        return sum(sizes) / len(sizes), redis.call("OBJECT", "ENCODING", keys[0]).decode()


def _tables(keys):
    """Bytes of the tables of keys and of expiries: a pointer a slot, slots the next power of two."""
    return 2 * 8 * 2 ** math.ceil(math.log2(max(keys, 4)))


def _fill_delivered(bench, side, pins):
    bench.sink.reset()
    side.start_worker()
    loads.fill(side, bench.numbers.take(pins), pins)
    if bench.sink.until(pins, 120)["messages"] < pins:
        raise Failure(f"not all of {pins} PINs were delivered within 120 s")
    until_quiet(side)
    side.stop_worker()


def _fill_dropping_streams(bench, side, pins):
    """Queues would grow past their bound, so they are emptied as they fill."""
    is_done = threading.Event()
    thread = threading.Thread(target=_drop_streams, args=(side, is_done), daemon=True)
    thread.start()
    try:
        for done in range(0, pins, 100_000):
            count = min(100_000, pins - done)
            loads.fill(side, bench.numbers.take(count), count)
            say(f"memory: {done + count} PINs")
    finally:
        is_done.set()
        thread.join()
    side.drop_streams(side.redis)


def _drop_streams(side, is_done):
    with RedisLink(side.redis.url) as redis:
        while not is_done.wait(0.25):
            side.drop_streams(redis)


def walk(side, what):
    """How many keys there are, by the noun in their name."""
    cursor, counts = b"0", {}
    while True:
        cursor, found = side.redis.call("EVAL", _WALK, 0, cursor, what)
        for noun, count in json.loads(found).items():
            counts[noun] = counts.get(noun, 0) + count
        if cursor == b"0":
            return counts

"""Deliveries of a queue that was filled while no worker ran: messages/s at the sink, CPU per message.

The rate counts from the first message at the sink to the last; CPU until nothing waits, the record of events included, and
so does the second rate: until everything is recorded.

Beside the floor, which records nothing, stands one that writes a row per message to PostgreSQL.
"""

import time

from harness import cpu, loads
from harness.places import Failure
from harness.progress import say

_PATIENCE = 60


def deliveries(bench):
    count = bench.plan.worker_messages

    def run(side):
        side.fresh()
        loads.fill(side, bench.numbers.take(count), count)
        bench.sink.reset()
        side.start_worker()
        early = bench.sink.until(1, _PATIENCE, step=0.005)["messages"]
        started = time.monotonic()
        meter = cpu.Meter(side.worker_processes() | {"sink": bench.sink.pid})
        found = bench.sink.until(count, _PATIENCE)
        until_quiet(side)
        recorded_s = time.monotonic() - started
        used = meter.read(count - early)
        # A second delivery of the same message would show now.
        arrived = bench.sink.read()["messages"]
        side.stop_worker()
        if found["messages"] < count:
            raise Failure(f"{side.name} delivered {found['messages']} of {count} messages within {_PATIENCE} s")
        per_second = (count - 1) / max(found["last_us"] - found["first_us"], 1) * 1e6
        recorded = (count - early) / max(recorded_s, 1e-6)
        return used | {"messages": count, "arrived": arrived, "per_second": per_second, "recorded_per_second": recorded}

    return bench.in_turn("worker", bench.plan.worker_pairs, run, [bench.recording_floor])


def until_quiet(side):
    """Waits until nobody has anything left to do, but not for ever."""
    end = time.monotonic() + _PATIENCE
    while side.waiting():
        if time.monotonic() > end:
            say(f"{side.name}: {side.waiting()} jobs and events still wait")
            return
        time.sleep(0.05)

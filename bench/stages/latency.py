"""What a caller waits at a fixed rate far below the ceiling: p50 and p99 of sends and of verifies."""

from harness import loads


def fixed_rate(bench):
    plan = bench.plan
    for side in bench.sides:
        side.fresh()
        warm = max(1000, plan.rate_per_second * plan.rate_seconds * plan.rate_pairs // 5)
        loads.fill(side, bench.numbers.take(warm), warm, collect=loads.ids_file(side))
    turns = dict.fromkeys(bench.sides, 0)
    requests = plan.rate_per_second * plan.rate_seconds

    def bounded(side, request, first, ids=None):
        bounds = {"requests": requests, "seconds": plan.rate_seconds, "per_second": plan.rate_per_second}
        return loads.rate(side, request, first, ids=ids, **bounds)

    def send(side):
        return bounded(side, side.send, bench.numbers.take(requests))

    def verify(side):
        turns[side] += requests
        return bounded(side, side.guess_wrong, turns[side] - requests, loads.ids_file(side))

    return {
        "send": bench.in_turn("send at a fixed rate", plan.rate_pairs, send),
        "verify": bench.in_turn("verify at a fixed rate", plan.rate_pairs, verify),
    }

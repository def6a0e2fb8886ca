"""How much is measured: the full bench, or a quick look that shows that everything works."""

from dataclasses import dataclass


@dataclass
class Plan:
    """Sizes of the stages; every load is bounded by a time."""

    pairs: int
    seconds: int
    rate_per_second: int
    rate_seconds: int
    rate_pairs: int
    worker_pairs: int
    worker_messages: int
    small_memory_pins: int
    memory_pins: int
    expiry_pins: int
    fairness_sends: int
    fairness_tenants: int
    fairness_seconds: int
    verifications: int
    verification_requests: int
    only: frozenset


def full(**changes):
    return Plan(
        **dict(
            pairs=5,
            seconds=4,
            rate_per_second=2000,
            rate_seconds=6,
            rate_pairs=2,
            worker_pairs=7,
            worker_messages=40_000,
            small_memory_pins=10_000,
            memory_pins=1_000_000,
            expiry_pins=1_000,
            fairness_sends=50_000,
            fairness_tenants=200,
            fairness_seconds=20,
            verifications=100_000,
            verification_requests=100,
        )
        | changes
    )


def quick(**changes):
    return Plan(
        **dict(
            pairs=1,
            seconds=2,
            rate_per_second=500,
            rate_seconds=2,
            rate_pairs=1,
            worker_pairs=1,
            worker_messages=10_000,
            small_memory_pins=4_000,
            memory_pins=10_000,
            expiry_pins=200,
            fairness_sends=5_000,
            fairness_tenants=10,
            fairness_seconds=5,
            verifications=10_000,
            verification_requests=30,
        )
        | changes
    )

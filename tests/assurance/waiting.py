"""Waits for what is on its way."""

import time

# Longer than the lease of a killed worker and the waits between attempts.
_SILENCE, _LONGEST = 25.0, 300.0


def until_nothing_comes(provider, numbers):
    """Waits until all these numbers have their message, or none came for a while; and then for repetitions."""
    start, last, at = time.monotonic(), -1, time.monotonic()
    while provider.numbers() < numbers and time.monotonic() - start < _LONGEST and time.monotonic() - at < _SILENCE:
        if provider.messages() != last:
            last, at = provider.messages(), time.monotonic()
        time.sleep(0.2)
    last = -1
    while provider.messages() != last:
        last = provider.messages()
        time.sleep(8)

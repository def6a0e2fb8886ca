"""Says what is being measured, with the time since the start; results go to standard output, this does not."""

import sys
import time

_STARTED = time.monotonic()


def say(text):
    elapsed = int(time.monotonic() - _STARTED)
    print(f"[{elapsed // 60:2d}:{elapsed % 60:02d}] {text}", file=sys.stderr, flush=True)

"""Where things are, and the one kind of failure that the reader can mend."""

from pathlib import Path

BENCH = Path(__file__).resolve().parents[1]
ROOT = BENCH.parent
OUT = ROOT / "target" / "bench"
LOGS = OUT / "logs"


class Failure(Exception):
    """Its text is the whole message."""

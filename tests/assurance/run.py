"""Measures promises that take longer than CI has, against private installations of a release build.

    python3 tests/assurance/run.py [--pinfold-bin PATH] [--only NAME,…]

Each row of docs/assurance.md is written as soon as it was measured, and keeps its day and commit until it is measured again.
Every load goes to loopback and ends by itself.
"""

import argparse
import datetime
import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts" / "ci"), str(ROOT / "scripts" / "dev")]
import aborted
import checkout
import compared
import dead_primary
import flood
import killed_gateway
import killed_workers
import no_duplicates
import overload
import reproducible
import same_time
from checkout import Failure, say

REPORT = ROOT / "docs" / "assurance.md"
# name → what it shows, what must hold, who measures.
ROWS = {
    "dead_primary": (
        "Fail-over with a dead first provider",
        "at least 99 % of 10 000 accepted sends delivered within 30 s, none lost, none with two PINs",
        dead_primary.measure,
    ),
    "killed_workers": (
        "Workers killed every 3 s",
        "all of 20 000 sends delivered, no more twice than were in hand at the kills, none with two PINs",
        killed_workers.measure,
    ),
    "killed_gateway": (
        "The gateway killed at 200 random moments",
        "clients that repeat with the same idempotency key: one PIN and one message for each key, none lost",
        killed_gateway.measure,
    ),
    "no_duplicates": (
        "No duplicates in peace",
        "50 000 sends, and 5 000 to a provider that takes 3 s, with 8 workers: each delivered once",
        no_duplicates.measure,
    ),
    "flood": (
        "A neighbour floods 50 000 sends",
        "95 % of the other tenant's messages within 2 s or twice the quiet time, none lost",
        flood.measure,
    ),
    "overload": (
        "Three times what can be answered",
        "at least 80 % of the best rate answered, refusals within 100 ms, 99 % of checks answered, no more than 100 MiB; soon as before",
        overload.measure,
    ),
    "aborted": (
        "20 000 requests given up at random points",
        "no answer with another tenant's marker, none out of step with its request",
        aborted.measure,
    ),
    "existence": (
        "Another tenant's living PIN beside one that never was, 2 000 pairs",
        "medians within 5 %, KS p > 0.01",
        same_time.existence,
    ),
    "positions": (
        "Guesses wrong in the first, the last or every digit, 5 000 PINs",
        "medians within 5 %, KS p > 0.01",
        same_time.positions,
    ),
    "sign_ins": (
        "A wrong password of somebody beside one of nobody, 300 pairs",
        "medians within 5 %, KS p > 0.01",
        same_time.sign_ins,
    ),
    "reproducible": (
        "Same source, same executable",
        "two clean release builds in different folders have the same SHA-256, and no path of the machine is in them",
        reproducible.measure,
    ),
}
_HEAD = """# Assurance

Written by `make assure`, from release builds on {cores} cores: promises whose proof takes longer than CI has. A row names the day
and the commit that it was measured at.

| what | must hold | figure reached | holds | measured |
| --- | --- | --- | --- | --- |
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pinfold-bin", type=Path, default=ROOT / "target" / "release" / "pinfold")
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    compared.check_ourselves()
    names = [name for name in arguments.only.split(",") if name] or list(ROWS)
    if unknown := set(names) - set(ROWS):
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    if not arguments.pinfold_bin.exists():
        raise Failure(f"{arguments.pinfold_bin} is not there; `make release` makes it.")
    failed = []
    for name in names:
        what, must, measure = ROWS[name]
        say(f"== {what}: {must}")
        start = time.monotonic()
        holds, figure = measure(arguments.pinfold_bin)
        say(f"== {'ok' if holds else 'FAILED'} after {time.monotonic() - start:.0f} s: {figure}")
        _report(what, f"{figure} | {'yes' if holds else '**no**'} | {_now()}")
        if not holds:
            failed.append(name)
    say(f"assure: {len(names) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


def _report(measured, result):
    """Writes the report with one row's new result; rows that were measured before keep theirs."""
    known = dict(re.findall(r"^\| (.+?) \| .+? \| (.+) \|$", REPORT.read_text() if REPORT.exists() else "", re.MULTILINE))
    known[measured] = result
    rows = [f"| {what} | {must} | {known.get(what, 'not measured yet | |')} |\n" for what, must, _ in ROWS.values()]
    REPORT.write_text(_HEAD.format(cores=os.cpu_count()) + "".join(rows))


def _now():
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, check=True, text=True)
    return f"{datetime.datetime.now(datetime.UTC).date().isoformat()}, {commit.stdout.strip()}"


checkout.run(main)

"""Interoperability with programs that are not ours, against a private installation: all roles in one process, then split.

    .dev/venv/bin/python scripts/ci/interop.py [--pinfold-bin PATH] [--topology all|split] [--only NAME,…] [--quick]

NAME is a key of CHECKS below: infobip_client, tutorials, guides, … --quick fuzzes less.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from installation import TOPOLOGIES, Installation

import checkout
from checkout import ROOT, Failure, say

INTEROP = ROOT / "tests" / "interop"
CHECKS = {
    "infobip_client": [sys.executable, INTEROP / "infobip_client.py"],
    "infobip_node": ["node", INTEROP / "infobip_client.mjs"],
    "vonage_client": [sys.executable, INTEROP / "vonage_client.py"],
    "vonage_node_client": ["node", INTEROP / "vonage_client.mjs"],
    "twilio_client": [sys.executable, INTEROP / "twilio_client.py"],
    "twilio_node": ["node", INTEROP / "twilio_client.mjs"],
    "tutorials": [sys.executable, INTEROP / "tutorials.py"],
    "guides": [sys.executable, INTEROP / "guides.py"],
    "schemathesis": ["sh", INTEROP / "schemathesis.sh"],
}


def _run(name, installation, environment):
    command = [str(part) for part in CHECKS[name]] + [str(installation.demo_file)]
    say(f"\n== {name}, {installation.topology}")
    begin = time.monotonic()
    done = subprocess.run(command, env=environment, cwd=ROOT, stdin=subprocess.DEVNULL, check=False)
    installation.check_alive()
    say(f"== {name}, {installation.topology}: {'ok' if done.returncode == 0 else 'FAILED'} in {time.monotonic() - begin:.0f} s")
    return done.returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pinfold-bin", type=Path, default=ROOT / "target" / "debug" / "pinfold")
    parser.add_argument("--topology", choices=TOPOLOGIES, action="append")
    parser.add_argument("--only", default="")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    names = [name for name in arguments.only.split(",") if name] or list(CHECKS)
    if unknown := set(names) - set(CHECKS):
        parser.error(f"no such check: {', '.join(sorted(unknown))}")
    if not arguments.pinfold_bin.exists():
        raise Failure(f"{arguments.pinfold_bin} is not there; `cargo build --bin pinfold` makes it.")
    environment = os.environ | ({"INTEROP_QUICK": "1"} if arguments.quick else {})
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment.get('PATH', '')}"
    seen = []
    for topology in arguments.topology or TOPOLOGIES:
        # Behind the gateway the same code answers: fuzzing it looks for what forwarding breaks, and that shows soon.
        quick = {"INTEROP_QUICK": "1"} if topology == "split" else {}
        with Installation(arguments.pinfold_bin, topology) as installation:
            for name in names:
                passed = _run(name, installation, environment | quick)
                seen.append((f"{name}, {topology}", passed))
                if not passed:
                    say(installation.logs())
    failed = [name for name, passed in seen if not passed]
    say(f"\ninterop: {len(seen) - len(failed)} passed, {len(failed)} failed" + "".join(f"\n  FAILED {name}" for name in failed))
    return 1 if failed else 0


def _end(*_):
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    checkout.run(main)

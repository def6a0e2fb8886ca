"""The console against the real product: its own tests, its build, then Playwright in Chromium against a private installation.

    python3 scripts/ci/console.py [--pinfold-bin PATH] [--screenshots [page …]] [Playwright's arguments …]

--screenshots writes docs/screenshots/ instead of testing. A debug executable reads the built files from web-admin/dist.
"""

import argparse
import os
import signal
import subprocess
from pathlib import Path

from installation import Installation

import checkout
import console
import history
from checkout import ROOT, Failure, say

HOME = ROOT / "web-admin"


def _run(*command, environment=None):
    return subprocess.run(command, cwd=HOME, env=environment, stdin=subprocess.DEVNULL, check=False).returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pinfold-bin", type=Path, default=ROOT / "target" / "debug" / "pinfold")
    parser.add_argument("--screenshots", action="store_true")
    arguments, rest = parser.parse_known_args()
    if not arguments.pinfold_bin.exists():
        raise Failure(f"{arguments.pinfold_bin} is not there; `cargo build --bin pinfold` makes it.")
    console.build()
    if not (HOME / "dist" / "console" / "index.html").exists():
        raise Failure("The console is not built; it needs Node.")
    if not arguments.screenshots and not rest and not _run("npm", "run", "--silent", "check"):
        return 1
    # The OpenID provider of the tests is on this machine, and its people say where they are.
    settings = {"PINFOLD__DELIVERY__ALLOW_LOOPBACK": "true", "PINFOLD__HTTP__TRUSTED_PROXIES": "127.0.0.0/8"}
    with Installation(arguments.pinfold_bin, "all", settings) as installation:
        installation.command("operator", "create", "--email", installation.demo["CONSOLE_EMAIL"])
        history.prepare(installation.demo["BASE_URL"], installation.demo["API_KEY"])
        servers = installation.services.variables()
        history.write(servers["PSQL"], servers["DATABASE_OWNER_URL"])
        wanted = ("CONSOLE_URL", "CONSOLE_EMAIL", "CONSOLE_PASSWORD", "APPLICATION_ID", "MESSAGE_ID", "API_KEY", "BASE_URL")
        environment = os.environ | {name: installation.demo[name] for name in wanted}
        if arguments.screenshots:
            command = ["node", "scripts/screenshots.mjs", *rest]
        else:
            command = ["npx", "--no-install", "playwright", "test", *rest]
        passed = _run(*command, environment=environment)
        installation.check_alive()
        if not passed:
            say(installation.logs())
        if not arguments.screenshots:
            say(f"\nconsole: {1 + passed if not rest else int(passed)} passed, {int(not passed)} failed")
        return 0 if passed else 1


def _end(*_):
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    checkout.run(main)

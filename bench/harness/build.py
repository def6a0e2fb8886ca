"""Builds what is measured, and refuses a floor that stands on other libraries than the product."""

import re
import subprocess

from harness.places import BENCH, ROOT, Failure
from harness.progress import say

_SHARED = ("actix-web", "aws-lc-rs", "redis", "tokio")


def _versions(lock):
    text = lock.read_text()
    return {name: re.findall(rf'(?m)^name = "{name}"\nversion = "([^"]+)"', text) for name in _SHARED}


def _cargo(directory, *words):
    command = ["cargo", "build", "--release", "--locked", *words]
    if subprocess.run(command, cwd=directory, check=False).returncode != 0:
        raise Failure(f"{' '.join(command)} failed in {directory}")


def floor():
    ours, theirs = _versions(ROOT / "Cargo.lock"), _versions(BENCH / "floor" / "Cargo.lock")
    if ours != theirs:
        raise Failure(f"The floor is locked to {theirs}, Pinfold to {ours}: update bench/floor/Cargo.lock.")
    say("building the floor")
    _cargo(BENCH / "floor")


def pinfold():
    say("building pinfold")
    _cargo(ROOT, "--bin", "pinfold")
    return ROOT / "target" / "release" / "pinfold"

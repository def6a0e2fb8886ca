"""Builds the console into web-admin/dist where its sources changed; the next build of the executable takes it in.

    python3 scripts/dev/console.py

Without Node the executable is built all the same, and says at /console how to build the console. PINFOLD_CONSOLE=0 skips it.
"""

import hashlib
import os
import re
import shutil
import subprocess

import checkout
from checkout import ROOT, Failure, say

HOME = ROOT / "web-admin"
DONE = HOME / "dist" / "built-from"
OLDEST = (20, 19)
# What the console is made from; the problem pages and the API's document lie outside of it.
SOURCES = ("src", "public", "scripts")
FILES = ("index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts")


def build():
    """Builds it unless it is there and up to date; says so and goes on where there is no Node."""
    if os.environ.get("PINFOLD_CONSOLE") == "0":
        return
    wanted = _sources()
    if DONE.exists() and DONE.read_text() == wanted and (HOME / "dist" / "console" / "index.html").exists():
        return
    if missing := _missing():
        say(f"The console is left out: {missing} https://nodejs.org has it.")
        return
    _run("Installing the console's packages …", "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", unless=_installed())
    (HOME / "node_modules" / ".installed-from").write_text(_lock())
    _run("Building the console …", "npm", "run", "--silent", "build")
    DONE.write_text(wanted)


def _missing():
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "node and npm were not found."
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    found = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    return None if found >= OLDEST else f"it needs Node {OLDEST[0]}.{OLDEST[1]} or newer, and this is {version.strip()}."


def _lock():
    return hashlib.sha256((HOME / "package-lock.json").read_bytes()).hexdigest()


def _installed():
    mark = HOME / "node_modules" / ".installed-from"
    return mark.exists() and mark.read_text() == _lock()


def _sources():
    paths = [HOME / name for name in FILES] + [ROOT / "docs" / "openapi.json", *(ROOT / "docs" / "errors").glob("*.md")]
    for folder in SOURCES:
        paths += [path for path in (HOME / folder).rglob("*") if path.is_file() and "generated" not in path.parts]
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _run(words, *command, unless=False):
    if unless:
        return
    say(words)
    if subprocess.run(command, cwd=HOME, stdin=subprocess.DEVNULL, check=False).returncode != 0:
        raise Failure(f"`{' '.join(command)}` failed in web-admin; see above.")


if __name__ == "__main__":
    checkout.run(build)

"""Runs the commands that the guides for movers print, as they print them.

    .dev/venv/bin/python tests/interop/guides.py [ENV_FILE] [GUIDE…]

Fenced `sh` blocks of docs/guides/moving-from-*.md run in their order, one shell per guide, with `set -eu`, the variables of the
environment file set, in an empty directory. A line `# -> text` says what the output of the command above must contain; several
may follow one command. Blocks in other languages (`console`, `python`, `js`) are for reading.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GUIDES = ROOT / "docs" / "guides"
PATIENCE_SECONDS = 120
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WANTED = "# -> "
# What runs before a guide: its output goes to a file, and whatever ends it shows the last of it.
PRELUDE = """set -eu
OUT=$(mktemp)
trap 'code=$?; if [ $code -ne 0 ]; then echo "--- line $LINE"; cat "$OUT"; fi; exit $code' EXIT
wanted() { grep -qF -- "$1" "$OUT" || { echo "--- line $LINE: not in the output: $1"; exit 1; }; }
LINE=0
"""


def script(text):
    """The guide's blocks as one script that checks what they print."""
    parts = [PRELUDE]
    for block in BLOCK.finditer(text):
        line = text.count("\n", 0, block.start(1)) + 1
        command = []
        for written in block.group(1).splitlines():
            if written.startswith(WANTED):
                parts += _run(command, line)
                command = []
                parts.append(f"wanted {shlex.quote(written.removeprefix(WANTED))}")
            else:
                command.append(written)
            line += 1
        parts += _run(command, line)
    return "\n".join(parts) + "\n"


def _run(command, line):
    if not any(written.strip() for written in command):
        return []
    # Braces keep the variables that a command sets.
    return [f"LINE={line}", "{", *command, '} >"$OUT" 2>&1']


def variables(path):
    lines = (line.strip() for line in Path(path).read_text().splitlines())
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def check(guide, environment):
    text = guide.read_text()
    count = len(BLOCK.findall(text))
    if not count:
        return f"{guide.name} has no sh block to run"
    with tempfile.TemporaryDirectory(prefix="pinfold-guide-") as directory:
        done = subprocess.run(
            ["sh", "-c", script(text)],
            env=environment | {"TMPDIR": directory},
            cwd=directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    if done.returncode:
        return f"{guide.name}: {done.stdout}{done.stderr}"
    print(f"  {guide.name}: {count} blocks", flush=True)
    return None


def main():
    file = sys.argv[1] if len(sys.argv) > 1 else ROOT / ".dev" / "demo.env"
    names = sys.argv[2:]
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment = kept | variables(file)
    guides = [GUIDES / name for name in names] or sorted(GUIDES.glob("moving-from-*.md"))
    failures = [failure for guide in guides if (failure := check(guide, environment))]
    for failure in failures:
        print(f"  FAILED {failure}", flush=True)
    return 1 if failures or not guides else 0


if __name__ == "__main__":
    sys.exit(main())

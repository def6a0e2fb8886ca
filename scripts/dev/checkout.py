"""Where this checkout keeps its private state, and how the scripts speak to the person running them."""

import contextlib
import fcntl
import hashlib
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEV = ROOT / ".dev"


class Failure(Exception):
    """Something the reader can mend; its text is the whole message."""


def say(text=""):
    print(text, flush=True)


def fingerprint(path):
    """A short name for a path of this user: checkouts and users never meet in a shared temporary directory."""
    return hashlib.sha256(f"{path}:{os.getuid()}".encode()).hexdigest()[:12]


def make_directory(path):
    """Creates a directory other users may pass through but not list: the database's user has to reach its data."""
    path.mkdir(parents=True, exist_ok=True)
    if path.stat().st_uid == os.getuid():
        path.chmod(0o711)


def write_private(path, text):
    """Replaces a file that only this user may read, never leaving a half-written or readable one behind."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)


def read_variables(path):
    """Reads KEY=value lines; a missing file holds none."""
    if not path.exists():
        return {}
    lines = (line.strip() for line in path.read_text().splitlines())
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


@contextlib.contextmanager
def locked(path):
    """Holds an exclusive lock on a file; others wait."""
    with open(path, "a", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def run(command):
    """Runs a script's main function; what the reader can mend becomes one line and exit code 1."""
    try:
        sys.exit(command())
    except Failure as failure:
        print(failure, file=sys.stderr)
    except PermissionError as error:
        print(f"{error.filename} belongs to another user; run this as that user, or remove it.", file=sys.stderr)
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(1)

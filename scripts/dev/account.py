"""The unprivileged account that runs the private servers.

PostgreSQL refuses to run as root, so root hands over to `postgres` (or `nobody`); everybody else runs them as themselves.
"""

import os
import pwd
import subprocess
from pathlib import Path

from checkout import Failure


def _find():
    if os.getuid() != 0:
        return pwd.getpwuid(os.getuid())
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Failure("PostgreSQL does not run as root, and there is neither a `postgres` nor a `nobody` user to run it as.")


def _text(command):
    return [str(part) for part in command]


class Account:
    """One account; programs run as it, paths are handed to it."""

    def __init__(self):
        entry = _find()
        self.uid, self.gid = entry.pw_uid, entry.pw_gid
        self.is_someone_else = self.uid != os.getuid()

    def run(self, command, home, **options):
        """Runs a program to its end with a plain environment, from a directory the account may enter."""
        return subprocess.run(_text(command), **self._options(home), text=True, check=False, **options)

    def start(self, command, home):
        """Starts a program that outlives this one and is out of reach of the terminal's Ctrl-C."""
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.Popen(_text(command), **self._options(home), **silent, start_new_session=True)

    def _options(self, home):
        environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": str(home), "LC_ALL": "C"}
        options = {"cwd": home, "env": environment, "stdin": subprocess.DEVNULL}
        if self.is_someone_else:
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return options

    def own(self, path):
        if self.is_someone_else:
            os.chown(path, self.uid, self.gid)

    def can_enter(self, path):
        """Whether the account can reach a directory; root's home and most people's are closed to others."""
        if not self.is_someone_else:
            return True
        return self.run(["/bin/sh", "-c", 'cd -- "$0"', path], Path("/"), stderr=subprocess.DEVNULL).returncode == 0

"""Processes of this checkout: remembers them in files, and never signals a process that is not the one remembered."""

import os
import signal
import subprocess
import time
from pathlib import Path


def command_line(pid):
    """A running process' command line; empty once it has ended, waiting for its parent or not."""
    proc = Path(f"/proc/{pid}")
    if Path("/proc/self").exists():
        try:
            return (proc / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    return subprocess.run(["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout


class Remembered:
    """A process written down in a file with the text its command line must contain to be the same process still."""

    def __init__(self, path):
        self.path = path

    def write(self, pid, marker):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(f"{pid}\n{marker}\n")

    def running(self):
        """The process id, or None when it has ended or its number now belongs to another."""
        try:
            pid, marker = self.path.read_text().splitlines()
        except (OSError, ValueError):
            return None
        return int(pid) if marker in command_line(pid) else None

    def stop(self, patience):
        """Asks it to end, and after `patience` seconds no longer asks. Returns whether there was anything to stop."""
        found = self.running() is not None
        for sign, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, 5)):
            pid = self.running()
            if pid is None:
                break
            os.kill(pid, sign)
            wait_until(lambda: self.running() is None, seconds)
        self.path.unlink(missing_ok=True)
        return found


def wait_until(is_true, seconds, step=0.05):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if is_true():
            return True
        time.sleep(step)
    return is_true()

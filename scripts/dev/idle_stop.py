"""Stops and removes throwaway servers once nobody has used them for a while.

Users hold a shared lock on D/users.lock for as long as they live, so the kernel itself says when the last one has ended,
however it ended; each also touches the file when it begins. One watcher runs per directory.
"""

import argparse
import fcntl
import time
from pathlib import Path

import checkout
from services import Services


def _try_lock(file):
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except BlockingIOError:
        return False


def _is_idle(users, seconds):
    return time.time() - users.stat().st_mtime > seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dir", required=True, type=Path)
    parser.add_argument("--seconds", required=True, type=int)
    arguments = parser.parse_args()
    directory = arguments.dir.resolve()
    users = directory / "users.lock"
    users.touch()
    with open(directory / "idle-stop.lock", "a", encoding="utf-8") as only_one:
        if not _try_lock(only_one):
            return
        while users.exists():
            time.sleep(2)
            with open(users, "a", encoding="utf-8") as lock:
                # Under this lock nobody can begin to use what is being stopped.
                if _try_lock(lock) and _is_idle(users, arguments.seconds):
                    services = Services(directory, throwaway=True)
                    services.stop()
                    services.remove()
                    return


if __name__ == "__main__":
    checkout.run(main)

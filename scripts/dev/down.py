"""`make down` stops what runs of this checkout; `make clean` (`--remove`) also removes its data."""

import argparse
import fcntl
import os
import shutil
import signal

import checkout
from checkout import DEV, Failure, say
from processes import wait_until
from roles import DRAIN_SECONDS, stop_leftovers
from services import Services
from up import LOCK

# The tests' throwaway servers live in a directory of their own below .dev.
TEST_SERVICES = DEV / "test"


def _lock_is_free(lock):
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except BlockingIOError:
        return False


def _stop_up(lock):
    """Asks a running `make up` to stop; the lock it holds proves that the process written there is that one."""
    if _lock_is_free(lock):
        return []
    lock.seek(0)
    os.kill(int(lock.read()), signal.SIGTERM)
    if not wait_until(lambda: _lock_is_free(lock), seconds=2 * DRAIN_SECONDS):
        raise Failure("`make up` does not stop; press Ctrl-C there twice.")
    return ["make up"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--remove", action="store_true", help="remove the data too")
    remove = parser.parse_args().remove
    if not DEV.exists():
        say("Nothing is running, and there is no data.")
        return
    with open(LOCK, "a+", encoding="utf-8") as lock:
        stopped = _stop_up(lock) + stop_leftovers()
        for directory, owner in ((DEV, ""), (TEST_SERVICES, "the tests' ")):
            if (directory / "secrets.env").exists():
                services = Services(directory)
                stopped += [owner + name for name in services.stop()]
                if remove:
                    services.remove()
        say(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running.")
        if remove:
            shutil.rmtree(DEV)
            say(f"Removed {DEV}: databases, secrets, the demo tenant's variables and the tests' Python packages.")


if __name__ == "__main__":
    checkout.run(main)

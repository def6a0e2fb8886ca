"""`make up`: everything Pinfold needs, private to this checkout, then Pinfold itself in the foreground.

PINFOLD__HTTP__PORT chooses the port, PINFOLD_SPLIT=1 runs one process per role; all PINFOLD__ variables pass through.
Ctrl-C or SIGTERM stops Pinfold, then Redis and PostgreSQL. The data stays in .dev/ for the next time.
"""

import fcntl
import os
import signal
import subprocess
import time

import checkout
import console
import executable
import history
import next_steps
from checkout import DEV, Failure, make_directory, say
from demo import VARIABLES
from environment import development, http_address
from install import ensure_programs
from ports import is_taken
from roles import Roles, stop_leftovers
from services import Services

LOCK = DEV / "up.lock"


class Stopped(BaseException):
    """The person or the system asked to stop."""


class Up:
    """One run; knows what it has started, so that it can stop just that."""

    def __init__(self):
        self.services = None
        self.roles = Roles()
        self.is_stopping = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def run(self):
        try:
            self._start()
            while True:
                self.roles.check_alive()
                time.sleep(0.2)
        except Stopped:
            say("\nStopping …")
        finally:
            self._stop()
        say("Stopped. `make up` continues where this ended; `make clean` removes the data.")

    def _on_signal(self, _number, _frame):
        if self.is_stopping:
            self.roles.hurry()
        else:
            self.is_stopping = True
            raise Stopped

    def _start(self):
        if left := stop_leftovers():
            say(f"Stopped what an earlier run left behind: {', '.join(left)}.")
        host, port = http_address()
        if is_taken(port, host):
            raise Failure(f"Port {port} on {host} is in use; choose another one: PINFOLD__HTTP__PORT={port + 1} make up")
        ensure_programs()
        console.build()
        program = executable.build()
        say("Starting PostgreSQL and Redis …")
        self.services = Services(DEV)
        servers = self.services.start()
        settings = development(self.services, servers)
        for step, command in (
            ("Migrating the database …", ["migrate"]),
            ("Preparing the demo tenant …", ["tenant", "demo", "--env-file", str(VARIABLES)]),
        ):
            say(step)
            _run(program, command, settings)
        VARIABLES.chmod(0o600)
        # Whoever looks around here looks at the platform too.
        owner = checkout.read_variables(VARIABLES)["CONSOLE_EMAIL"]
        _run(program, ["operator", "create", "--email", owner, "--json"], settings, stdout=subprocess.DEVNULL)
        say("Starting Pinfold …")
        start = self.roles.start_split if os.environ.get("PINFOLD_SPLIT") == "1" else self.roles.start_all_in_one
        start(program, settings)
        self.roles.wait_until_ready()
        values = checkout.read_variables(VARIABLES)
        history.prepare(values["BASE_URL"], values["API_KEY"])
        history.write(servers["PSQL"], servers["DATABASE_OWNER_URL"])
        next_steps.show()

    def _stop(self):
        self.is_stopping = True
        self.roles.stop()
        # A signal between a process' start and its listing leaves it to the files.
        stop_leftovers()
        if self.services:
            self.services.stop()


def _run(program, command, settings, **options):
    if subprocess.run([program, *command], env=settings, check=False, **options).returncode != 0:
        raise Failure(f"`pinfold {' '.join(command)}` failed; see above.")


def main():
    make_directory(DEV)
    with open(LOCK, "a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            process = lock.read().strip()
            raise Failure(f"This checkout is up already (process {process}); Ctrl-C there or `make down` stops it.") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        Up().run()


if __name__ == "__main__":
    checkout.run(main)

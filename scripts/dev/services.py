"""Private PostgreSQL and Redis for one directory: `env` starts them and prints their variables, `stop` stops them.

    python3 scripts/dev/services.py env --dir D [--throwaway [--idle-stop SECONDS]] [--only postgres|redis]
    python3 scripts/dev/services.py stop --dir D [--remove]

Secrets and variables stay in D. Data stays in D/data where the servers' account can reach it, else in a temporary
directory that D/data points to: root's servers run as `postgres`, which cannot enter a closed home.
Throwaway servers skip syncing, start empty, and can stop by themselves once no process holds a shared lock on D/users.lock.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import checkout
from account import Account
from checkout import Failure, fingerprint, locked, make_directory, write_private
from credentials import load_or_create
from postgres_server import PostgresServer
from redis_server import RedisServer

NAMES = ("postgres", "redis")
IDLE_STOP = Path(__file__).with_name("idle_stop.py")


class Services:
    """The servers of one directory."""

    def __init__(self, directory, throwaway=False):
        self.directory = Path(directory).resolve()
        make_directory(self.directory)
        self.lock = self.directory / "services.lock"
        self.account = Account()
        with locked(self.lock):
            self.secrets = load_or_create(self.directory)
            self.home = self._home()
        self.postgres = PostgresServer(self.home, self.account, self.secrets, throwaway)
        self.redis = RedisServer(self.home, self.account, self.secrets)
        self.variables_file = self.directory / "services.env"
        self.ports_file = self.directory / "ports.json"

    def start(self, only=None):
        """Starts what does not run yet, on the ports of last time where they are free. Returns the variables."""
        with locked(self.lock):
            ports = json.loads(self.ports_file.read_text()) if self.ports_file.exists() else {}
            for name in NAMES:
                if only in (None, name):
                    ports[name] = getattr(self, name).start(ports.get(name))
            write_private(self.ports_file, json.dumps(ports))
            variables = self.variables()
            write_private(self.variables_file, "".join(f"{name}={value}\n" for name, value in variables.items()))
        return variables

    def variables(self):
        """The variables of the servers that run, for scripts, for Pinfold itself and for its tests."""
        found = {}
        if (port := self.postgres.port()) is not None:
            urls = {role: self.postgres.url(role, port) for role in ("service", "owner")}
            found |= {"DATABASE_URL": urls["service"], "DATABASE_OWNER_URL": urls["owner"]}
            found |= {"PINFOLD__POSTGRES__URL": urls["service"], "PINFOLD__POSTGRES__ADMIN_URL": urls["owner"]}
            found |= {"TEST_DATABASE_URL": self.postgres.url("superuser", port, "postgres")}
            found |= {"PSQL": str(self.postgres.programs() / "psql")}
        if (port := self.redis.port()) is not None:
            url = self.redis.url(port)
            found |= {"REDIS_URL": url, "PINFOLD__REDIS__URL": url, "TEST_REDIS_URL": url}
        return found

    def stop(self):
        """Stops what runs; returns the names of what did."""
        with locked(self.lock):
            self.variables_file.unlink(missing_ok=True)
            return [name for name in NAMES if getattr(self, name).stop()]

    def remove(self):
        """Removes the data of stopped servers; their secrets stay."""
        with locked(self.lock):
            for name in NAMES:
                getattr(self, name).remove()
            shutil.rmtree(self.home)
            (self.directory / "data").unlink(missing_ok=True)

    def _home(self):
        """Where the data lives: inside the directory if the account can reach it there."""
        home = self.directory / "data"
        if self.account.can_enter(self.directory):
            if home.is_symlink():
                home.unlink()
        else:
            if home.exists() and not home.is_symlink():
                raise Failure(f"{home} is out of reach for the account that runs PostgreSQL; move it away.")
            pointer, home = home, self._temporary_directory() / f"pinfold-{fingerprint(self.directory)}"
            if not pointer.is_symlink() or pointer.readlink() != home:
                pointer.unlink(missing_ok=True)
                pointer.symlink_to(home)
        try:
            home.mkdir(mode=0o700)
            self.account.own(home)
        except FileExistsError:
            status = home.lstat()
            # Somebody else could have made the directory of a guessable name, to read or plant data.
            if home.is_symlink() or status.st_uid != self.account.uid:
                raise Failure(f"{home} belongs to another user; run this as that user, or remove it.") from None
        return home

    def _temporary_directory(self):
        """One that outlives a restart of the machine if there is such."""
        for candidate in (Path("/var/tmp"), Path("/tmp"), Path(tempfile.gettempdir())):
            if candidate.is_dir() and os.access(candidate, os.W_OK) and self.account.can_enter(candidate):
                return candidate
        raise Failure("Found no temporary directory that the account running PostgreSQL can enter.")


def _env(arguments):
    variables = Services(arguments.dir, arguments.throwaway).start(arguments.only)
    if arguments.idle_stop:
        command = [sys.executable, str(IDLE_STOP), "--dir", arguments.dir, "--seconds", str(arguments.idle_stop)]
        silent = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        subprocess.Popen(command, **silent, start_new_session=True)
    for name, value in variables.items():
        print(f"{name}={value}")


def _stop(arguments):
    if not Path(arguments.dir).exists():
        return
    services = Services(arguments.dir)
    services.stop()
    if arguments.remove:
        services.remove()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar="env|stop")
    env = commands.add_parser("env", help="start the servers and print KEY=value lines")
    env.add_argument("--dir", required=True)
    env.add_argument("--only", choices=NAMES)
    env.add_argument("--throwaway", action="store_true", help="fast, empty, not safe against a power cut")
    env.add_argument("--idle-stop", type=int, metavar="SECONDS", help="stop and remove once unused for so long")
    env.set_defaults(command=_env)
    stop = commands.add_parser("stop", help="stop the servers")
    stop.add_argument("--dir", required=True)
    stop.add_argument("--remove", action="store_true", help="remove their data too")
    stop.set_defaults(command=_stop)
    arguments = parser.parse_args()
    if getattr(arguments, "idle_stop", None) and not arguments.throwaway:
        parser.error("--idle-stop removes the data, so it goes with --throwaway only")
    return arguments.command(arguments)


if __name__ == "__main__":
    checkout.run(main)

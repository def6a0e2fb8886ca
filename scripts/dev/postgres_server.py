"""A private PostgreSQL: made on first use, listening on loopback with passwords, stopped without loss.

Roles: `pinfold_owner` owns the databases and migrates them; `pinfold_app` is the group that migrations grant to;
`pinfold_service` is its member and what the running service logs in as.
"""

import os
import shutil
import subprocess

from checkout import Failure, write_private
from ports import LOOPBACK, free_port, is_taken
from processes import command_line
from programs import find_postgres

SETTINGS = f"""
listen_addresses = '{LOOPBACK}'
max_connections = 300
shared_buffers = 64MB
"""
# For data that is thrown away: nothing has to survive a power cut.
THROWAWAY_SETTINGS = """
fsync = off
full_page_writes = off
synchronous_commit = off
wal_level = minimal
max_wal_senders = 0
"""
ROLES = """
CREATE ROLE pinfold_app NOLOGIN;
CREATE ROLE pinfold_owner LOGIN CREATEROLE PASSWORD '{POSTGRES_OWNER_PASSWORD}';
CREATE ROLE pinfold_service LOGIN PASSWORD '{POSTGRES_SERVICE_PASSWORD}' IN ROLE pinfold_app;
CREATE DATABASE pinfold OWNER pinfold_owner;
"""
LONGEST_SOCKET_PATH = 107


class PostgresServer:
    """One server in `home`, which the given account owns."""

    def __init__(self, home, account, secrets, throwaway):
        self.home, self.account, self.secrets, self.throwaway = home, account, secrets, throwaway
        self.data = home / "postgres"
        self.log = home / "postgres.log"
        self.complete = home / "postgres.complete"

    def url(self, role, port, database="pinfold"):
        name = {"superuser": "postgres", "owner": "pinfold_owner", "service": "pinfold_service"}[role]
        password = self.secrets[f"POSTGRES_{role.upper()}_PASSWORD"]
        return f"postgres://{name}:{password}@{LOOPBACK}:{port}/{database}"

    def port(self):
        """The port it listens on, or None when it does not run."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return None
        # A copied checkout brings another server's file along, and a killed server leaves its own behind.
        is_running = len(lines) >= 4 and f"-D {self.data} " in command_line(int(lines[0]))
        return int(lines[3]) if is_running else None

    def start(self, preferred_port):
        """Starts it, making the data directory first when there is none. Returns the port."""
        if (port := self.port()) is not None:
            return port
        if self.throwaway or not self.complete.exists():
            self.remove()
        is_new = not self.data.exists()
        if is_new:
            self._initialise()
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        port = self._start(preferred_port)
        if is_new:
            self._create_roles(port)
            self.complete.touch()
        return port

    def stop(self):
        if self.port() is None:
            return False
        if self._control("stop", "-m", "fast", "-w", "-t", "30", capture_output=True).returncode != 0:
            self._control("stop", "-m", "immediate", "-w", capture_output=True)
        return True

    def remove(self):
        self.complete.unlink(missing_ok=True)
        self.log.unlink(missing_ok=True)
        if self.data.exists():
            shutil.rmtree(self.data)

    def programs(self):
        """The installation that matches the data directory: PostgreSQL reads only data of its own major version."""
        made_by = self.data / "PG_VERSION"
        version = int(made_by.read_text()) if made_by.exists() else None
        if (found := find_postgres(version)) is None:
            wanted = f"PostgreSQL {version}, which made {self.data}," if version else "PostgreSQL"
            raise Failure(f"{wanted} is not installed. Install it, or start afresh with `make clean`.")
        return found.path

    def _control(self, *command, **options):
        return self.account.run([self.programs() / "pg_ctl", "-D", self.data, *command], self.home, **options)

    def _initialise(self):
        password = self.home / "superuser-password"
        write_private(password, self.secrets["POSTGRES_SUPERUSER_PASSWORD"])
        self.account.own(password)
        command = [self.programs() / "initdb", "-D", self.data, "--username=postgres", f"--pwfile={password}"]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"]
        try:
            outcome = self.account.run(command, self.home, capture_output=True)
        finally:
            password.unlink()
        if outcome.returncode != 0:
            raise Failure(f"PostgreSQL could not make its data directory:\n{outcome.stdout}{outcome.stderr}")
        socket = self.data / ".s.PGSQL.65535.lock"
        sockets = str(self.data).replace("'", "''") if len(os.fsencode(socket)) <= LONGEST_SOCKET_PATH else ""
        settings = f"unix_socket_directories = '{sockets}'"
        with open(self.data / "postgresql.conf", "a", encoding="utf-8") as file:
            file.write(settings + SETTINGS + (THROWAWAY_SETTINGS if self.throwaway else ""))

    def _start(self, preferred_port):
        candidates = [port for port in (preferred_port,) if port and not is_taken(port)]
        # A free port may be taken by another program before the server binds it.
        for port in [*candidates, free_port(), free_port()]:
            command = ["start", "-s", "-w", "-t", "60", "-l", self.log, "-o", f"-p {port}"]
            if self._control(*command, capture_output=True).returncode == 0:
                return port
        raise Failure(f"PostgreSQL did not start; its log is {self.log}")

    def _create_roles(self, port):
        environment = os.environ | {"PGPASSWORD": self.secrets["POSTGRES_SUPERUSER_PASSWORD"]}
        command = [self.programs() / "psql", "-h", LOOPBACK, "-p", str(port), "-U", "postgres", "-d", "postgres"]
        command += ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"]
        sql = ROLES.format(**self.secrets)
        outcome = subprocess.run(command, env=environment, input=sql, capture_output=True, text=True, check=False)
        if outcome.returncode != 0:
            raise Failure(f"PostgreSQL refused the roles: {outcome.stderr}")

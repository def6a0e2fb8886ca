"""A private installation for one check: throwaway PostgreSQL and Redis, migrated, and Pinfold in one of its topologies.

It shares nothing with `make up`: ports are free ones, data and secrets live in a temporary directory. The servers also
stop by themselves when the process that made it was killed.
"""

import fcntl
import http.client
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "dev"))
from checkout import Failure, read_variables
from idle_stop import __file__ as IDLE_STOP
from ports import LOOPBACK, free_port
from services import Services

READY_SECONDS = 60
STOP_SECONDS = 30
IDLE_SECONDS = 30
TOPOLOGIES = ("all", "split")
# What a run of Pinfold may know of this one's environment: the rest could only make runs differ.
INHERITED = ("PATH", "HOME", "TMPDIR", "LANG")


class Installation:
    """Use as a context: serves inside, is gone outside."""

    def __init__(self, program, topology, settings=None):
        self.program, self.topology, self.extra = Path(program).resolve(), topology, settings or {}
        self.processes = []
        self.services = None

    def __enter__(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="pinfold-check-")
        self.directory = Path(self.temporary.name)
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def _start(self):
        self.directory.chmod(0o711)
        self._hold()
        self.services = Services(self.directory, throwaway=True)
        self.port = free_port()
        self.settings = self._settings(self.services.start())
        self.demo_file = self.directory / "demo.env"
        self.command("migrate")
        self.command("tenant", "demo", "--env-file", str(self.demo_file))
        self.demo = read_variables(self.demo_file)
        if self.topology == "split":
            behind = {role: free_port() for role in ("config-service", "verification", "dispatch")}
            links = {
                f"PINFOLD__ROLES__{role.upper().replace('-', '_')}_URL": f"http://{LOOPBACK}:{port}"
                for role, port in behind.items()
            }
            for role, port in behind.items():
                self.serve(role, port)
        self.edge = ("all", self.port) if self.topology == "all" else ("gateway", self.port, links)
        self.serve_edge()
        self.wait_until_ready()

    def _hold(self):
        """Tells the watcher that the servers are in use for as long as this process lives."""
        users = self.directory / "users.lock"
        self.held = open(users, "a", encoding="utf-8")
        fcntl.flock(self.held, fcntl.LOCK_SH)
        command = [sys.executable, IDLE_STOP, "--dir", str(self.directory), "--seconds", str(IDLE_SECONDS)]
        silent = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        self.watcher = subprocess.Popen(command, **silent, start_new_session=True)

    def _settings(self, variables):
        settings = {name: os.environ[name] for name in INHERITED if name in os.environ}
        settings |= {name: value for name, value in variables.items() if name.startswith("PINFOLD__")}
        return settings | {
            "PINFOLD__PROFILE": "development",
            "PINFOLD__HTTP__HOST": LOOPBACK,
            "PINFOLD__HTTP__PORT": str(self.port),
            "PINFOLD__HTTP__PUBLIC_URL": f"http://{LOOPBACK}:{self.port}",
            "PINFOLD__SIMULATOR__URL": f"http://{LOOPBACK}:{self.port}/simulator",
            "PINFOLD__SECURITY__MASTER_KEY": self.services.secrets["MASTER_KEY"],
            "PINFOLD__SECURITY__INTERNAL_SECRET": self.services.secrets["INTERNAL_SECRET"],
            "PINFOLD__TELEMETRY__LOG_FORMAT": "text",
            **self.extra,
        }

    def command(self, *arguments):
        """Runs a command of the executable to its end and gives what it printed."""
        done = subprocess.run(
            [self.program, *arguments], env=self.settings, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise Failure(f"`pinfold {' '.join(arguments)}` ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def serve(self, role, port, settings=None):
        """Starts a role; its log is `<role>.log` in the directory."""
        environment = self.settings | (settings or {}) | {"PINFOLD__HTTP__PORT": str(port)}
        with open(self.directory / f"{role}.log", "a", encoding="utf-8") as log:
            process = subprocess.Popen(
                [self.program, "serve", "--role", role],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.processes.append((role, port, process))

    def serve_edge(self):
        """Starts the process that clients talk to."""
        self.serve(*self.edge)

    def check_alive(self):
        for role, _, process in self.processes:
            if (code := process.poll()) is not None:
                raise Failure(f"pinfold serve --role {role} ended by itself with exit code {code}:\n{self.log(role)}")

    def log(self, role, lines=40):
        """The end of a role's log."""
        return "\n".join((self.directory / f"{role}.log").read_text(errors="replace").splitlines()[-lines:])

    def logs(self):
        return "\n".join(f"--- {role}\n{self.log(role)}" for role, _, _ in self.processes)

    def wait_until_ready(self):
        end = time.monotonic() + READY_SECONDS
        while not all(_is_ready(port) for _, port, _ in self.processes):
            self.check_alive()
            if time.monotonic() > end:
                raise Failure(f"Pinfold ({self.topology}) was not ready within {READY_SECONDS} s:\n{self.logs()}")
            time.sleep(0.1)

    def stop(self):
        """Stops all of it; says so when a role did not end cleanly."""
        unclean = []
        # The last one started is the edge: requests in hand still find the roles behind it.
        for role, _, process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
            try:
                code = process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                code = process.wait()
            if code != 0:
                unclean.append(f"pinfold serve --role {role} ended with exit code {code}:\n{self.log(role)}")
        self.processes = []
        self.watcher.kill()
        self.watcher.wait()
        if self.services:
            self.services.stop()
            self.services.remove()
        self.held.close()
        self.temporary.cleanup()
        if unclean and sys.exc_info()[0] is None:
            raise Failure("\n".join(unclean))


def _is_ready(port):
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=2)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()

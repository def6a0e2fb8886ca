"""The Pinfold processes of `make up`: one with all roles, or one per role with PINFOLD_SPLIT=1."""

import http.client
import signal
import subprocess
import time

from checkout import DEV, Failure
from environment import http_address
from ports import LOOPBACK, free_port, reachable
from processes import Remembered

READY_SECONDS = 60
DRAIN_SECONDS = 40
RUN = DEV / "run"


class Role:
    """One running process."""

    def __init__(self, name, executable, environment, address, serves_http=True):
        self.name, self.address, self.serves_http = name, address, serves_http
        command = [str(executable), "serve", "--role", name]
        host, port = address
        environment = environment | {"PINFOLD__HTTP__HOST": host, "PINFOLD__HTTP__PORT": str(port)}
        # In a session of its own: the terminal's Ctrl-C reaches this script alone, which passes on exactly one signal.
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, start_new_session=True)
        self.remembered = Remembered(RUN / f"{name}.process")
        self.remembered.write(self.process.pid, str(executable))

    def check_alive(self):
        if (code := self.process.poll()) is not None:
            raise Failure(f"pinfold serve --role {self.name} ended by itself with exit code {code}; see above.")

    def is_ready(self):
        if not self.serves_http:
            return True
        host, port = self.address
        connection = http.client.HTTPConnection(reachable(host), port, timeout=2)
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def ask_to_stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def wait_for_end(self):
        try:
            self.process.wait(DRAIN_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.remembered.path.unlink(missing_ok=True)


class Roles:
    """All processes of one `make up`."""

    def __init__(self):
        self.running = []

    def start_all_in_one(self, executable, environment):
        self.running.append(Role("all", executable, environment, http_address()))

    def start_split(self, executable, environment):
        """The gateway is last: what it forwards to is there when it starts, and it stops first."""
        addresses = {}
        roles = (("config-service", "CONFIG_SERVICE_URL"), ("verification", "VERIFICATION_URL"), ("dispatch", "DISPATCH_URL"))
        for name, setting in roles:
            address = (LOOPBACK, free_port())
            addresses[f"PINFOLD__ROLES__{setting}"] = f"http://{LOOPBACK}:{address[1]}"
            self.running.append(Role(name, executable, environment, address))
        self.running.append(Role("gateway", executable, environment | addresses, http_address()))

    def wait_until_ready(self):
        end = time.monotonic() + READY_SECONDS
        while not all(role.is_ready() for role in self.running):
            self.check_alive()
            if time.monotonic() > end:
                raise Failure(f"Pinfold did not become ready within {READY_SECONDS} s; see above.")
            time.sleep(0.1)

    def check_alive(self):
        for role in self.running:
            role.check_alive()

    def stop(self):
        """The edge first, so that requests in hand still find the roles behind it; then the rest at once."""
        *behind, edge = self.running or [None]
        for group in ([edge] if edge else [], behind):
            for role in group:
                role.ask_to_stop()
            for role in group:
                role.wait_for_end()

    def hurry(self):
        """A second signal: Pinfold drops what it has in hand."""
        for role in self.running:
            role.ask_to_stop()


def stop_leftovers():
    """Stops processes that an earlier, killed run left behind; returns their names."""
    files = sorted(RUN.glob("*.process")) if RUN.exists() else []
    return [file.stem for file in files if Remembered(file).stop(patience=DRAIN_SECONDS)]

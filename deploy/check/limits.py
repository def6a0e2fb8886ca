"""Runs the executable as deploy/ runs it: an unprivileged user, nothing on disk but the executable and the C library, no
way to write but /tmp, with PostgreSQL and Redis set up by the files of deploy/. A PIN goes through, and a stop is clean.

    python3 deploy/check/limits.py target/release/pinfold

As root the process runs as user 65532; as anybody else it runs in a user namespace, where it is nobody but that user.
"""

import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

DEPLOY = Path(__file__).resolve().parents[1]
ROOT = DEPLOY.parent
sys.path.insert(0, str(ROOT / "scripts" / "dev"))

from ports import free_port  # noqa: E402
from programs import find_redis  # noqa: E402
from services import Services  # noqa: E402

USER = 65532
IS_ROOT = os.getuid() == 0
# Run as the first process of new namespaces, with the new root as $1 and the command after it.
INSIDE = """
set -eu
root=$1
shift
mount --bind "$root" "$root"
mount --bind "$root/secrets" "$root/run/secrets"
for device in null urandom; do mount --bind /dev/$device "$root/dev/$device"; done
mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
mount -t tmpfs -o nosuid,nodev,size=16m,mode=1777 tmpfs "$root/tmp"
mount -o remount,bind,ro,nosuid,nodev "$root/run/secrets"
mount -o remount,bind,ro,nosuid,nodev "$root"
cd "$root"
exec chroot "$root" /setpriv {identity} --no-new-privs --bounding-set=-all --inh-caps=-all "$@"
"""
AS_ROOT = f"--reuid={USER} --regid={USER} --clear-groups"


class Sandbox:
    """A file system with the executable, what it links to, and its secrets."""

    def __init__(self, executable, directory):
        self.root = directory / "root"
        for name in ("dev", "etc/ssl/certs", "proc", "run/secrets", "secrets", "tmp"):
            (self.root / name).mkdir(parents=True)
        for device in ("null", "urandom"):
            (self.root / "dev" / device).touch()
        for program in (Path(executable), Path(shutil.which("setpriv"))):
            shutil.copy(program, self.root)
            self._copy_libraries(program)
        for file in ("etc/hosts", "etc/ssl/certs/ca-certificates.crt"):
            if Path("/", file).exists():
                shutil.copy(Path("/", file), self.root / file)

    def _copy_libraries(self, program):
        linked = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
        for library in re.findall(r"(/\S+) \(0x", linked):
            target = self.root / library.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(library, target)

    def secret(self, name, text):
        path = self.root / "secrets" / name
        path.write_text(text)
        path.chmod(0o444)

    def start(self, arguments, environment, **options):
        identity = AS_ROOT if IS_ROOT else ""
        script = INSIDE.replace("{identity}", identity)
        namespaces = ["--mount", "--pid", "--fork", "--kill-child"] + ([] if IS_ROOT else ["--user", "--map-root-user"])
        command = ["unshare", *namespaces, "/bin/sh", "-c", script, "sh", str(self.root), "/pinfold", *arguments]
        environment = environment | {"PATH": os.environ["PATH"]}
        return subprocess.Popen(command, env=environment, text=True, **options)

    def run(self, arguments, environment):
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        with self.start(arguments, environment, **pipes) as process:
            output, _ = process.communicate(timeout=60)
        if process.returncode != 0:
            raise SystemExit(f"pinfold {' '.join(arguments)} failed with {process.returncode}:\n{output}")
        return output


class Servers:
    """PostgreSQL and Redis on loopback, set up by the files of deploy/."""

    def __init__(self, directory):
        shutil.copy(DEPLOY / "make-secrets.sh", directory)
        subprocess.run(["sh", "make-secrets.sh"], cwd=directory, check=True, capture_output=True)
        self.secrets = directory / "secrets"
        self.services = Services(directory / "postgres", throwaway=True)
        self.variables = self.services.start(only="postgres")
        self._make_roles()
        self.redis, self.redis_port = self._start_redis(directory)

    def secret(self, name):
        """A secret for containers, with their names of hosts replaced by where the servers are here."""
        text = (self.secrets / name).read_text()
        postgres = urlsplit(self.variables["TEST_DATABASE_URL"])
        text = text.replace("@postgres:5432/", f"@127.0.0.1:{postgres.port}/")
        return text.replace("@redis:6379/", f"@127.0.0.1:{self.redis_port}/")

    def _make_roles(self):
        command = [self.variables["PSQL"], "--no-psqlrc", "--quiet", self.variables["TEST_DATABASE_URL"]]
        drop = "DROP DATABASE pinfold; DROP ROLE pinfold_owner, pinfold_service, pinfold_app;"
        for statement in drop.split("; "):
            subprocess.run([*command, "--command", statement], check=True)
        environment = os.environ | {"PINFOLD_SECRETS": str(self.secrets)}
        subprocess.run([*command, "--file", DEPLOY / "postgres" / "roles.sql"], env=environment, check=True)

    def _start_redis(self, directory):
        home = directory / "redis"
        home.mkdir()
        (home / "password.conf").write_text(f"requirepass {(self.secrets / 'redis_password').read_text()}")
        configuration = (DEPLOY / "redis" / "redis.conf").read_text().replace("/run/redis/", f"{home}/")
        (home / "redis.conf").write_text(configuration)
        port = free_port()
        command = [find_redis().path, home / "redis.conf", "--port", str(port), "--bind", "127.0.0.1", "--dir", home]
        return subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL), port

    def stop(self):
        self.redis.terminate()
        self.redis.wait()
        self.services.stop()
        self.services.remove()


class Serving:
    """The serving process, seen from outside."""

    def __init__(self, sandbox, environment, port):
        self.port = port
        self.parent = sandbox.start(["serve"], environment)
        children = Path(f"/proc/{self.parent.pid}/task/{self.parent.pid}/children")
        self.pid = wait_for(lambda: next(iter(children.read_text().split()), None), "a process")
        wait_for(lambda: Path(f"/proc/{self.pid}/comm").read_text() == "pinfold\n", "the executable")

    def request(self, method, path, body=None, key=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        headers = {"content-type": "application/json"} | ({"authorization": f"App {key}"} if key else {})
        try:
            connection.request(method, path, json.dumps(body) if body else None, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        except (OSError, http.client.HTTPException):
            return 0, None
        finally:
            connection.close()

    def is_ready(self):
        if self.parent.poll() is not None:
            raise SystemExit(f"pinfold serve ended with {self.parent.returncode}")
        return self.request("GET", "/health/ready")[0] == 200

    def status(self):
        text = Path(f"/proc/{self.pid}/status").read_text()
        return {name: value.split() for name, value in re.findall(r"^(\w+):[ \t]*(.*)$", text, re.MULTILINE)}

    def check_limits(self):
        status = self.status()
        if IS_ROOT:
            require(status["Uid"] == [str(USER)] * 4 and status["Groups"] == [], f"it is somebody: {status['Uid']}")
        require(status["NoNewPrivs"] == ["1"] and int(status["CapBnd"][0], 16) == 0, "it may gain privileges")
        if IS_ROOT:
            require(int(status["CapEff"][0], 16) == 0, "it has capabilities")
        core = re.search(r"^Max core file size\s+(\S+)\s+(\S+)", Path(f"/proc/{self.pid}/limits").read_text(), re.MULTILINE)
        require(core.groups() == ("0", "0"), "it could leave a core file")
        mounts = Path(f"/proc/{self.pid}/mountinfo").read_text().splitlines()
        seen = {fields[4]: fields[5].split(",") for fields in map(str.split, mounts)}
        require("ro" in seen["/"] and "ro" in seen["/run/secrets"], f"its root can be written: {seen}")
        inside = Path(f"/proc/{self.pid}/root")
        if IS_ROOT:
            require(not list((inside / "tmp").iterdir()), "it wrote to /tmp")

    def stop(self):
        start = time.monotonic()
        os.kill(int(self.pid), signal.SIGTERM)
        code = self.parent.wait(timeout=40)
        require(code == 0, f"a stop ended with {code}")
        return time.monotonic() - start


passed = 0


def require(holds, fault):
    global passed
    if not holds:
        raise SystemExit(fault)
    passed += 1


def wait_for(find, what, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if found := find():
                return found
        except OSError:
            pass
        time.sleep(0.05)
    raise SystemExit(f"{what} did not come within {seconds} s")


def send_and_verify(serving, demo):
    """A PIN to the simulated phone, with the key of the sandbox: production shows it to nobody else."""
    key = demo["SANDBOX_API_KEY"]
    body = {"applicationId": demo["APPLICATION_ID"], "messageId": demo["MESSAGE_ID"], "to": "41793026727"}
    status, sent = serving.request("POST", "/2fa/2/pin", body, key)
    require(status == 200, f"a send was answered with {status}: {sent}")

    def received():
        _, found = serving.request("GET", "/simulator/api/messages?to=41793026727", key=key)
        return found and found["messages"]

    text = wait_for(received, "the message", 10)[0]["text"]
    pin = re.search(r"\d{6}", text).group()
    status, verified = serving.request("POST", f"/2fa/2/pin/{sent['pinId']}/verify", {"pin": pin}, key)
    require(status == 200 and verified["verified"], f"a verification was answered with {status}: {verified}")


def run(executable, directory):
    servers = Servers(directory)
    try:
        sandbox = Sandbox(executable, directory)
        names = ("postgres_url", "redis_url", "master_key", "internal_secret", "metrics_token")
        for name in (*names, "postgres_owner_url"):
            sandbox.secret(name, servers.secret(name))
        port = free_port()
        owner = {"PINFOLD__POSTGRES__ADMIN_URL_FILE": "/run/secrets/postgres_owner_url"}
        environment = {
            "PINFOLD__HTTP__PUBLIC_URL": "https://pin.example.com",
            "PINFOLD__HTTP__PORT": str(port),
            "PINFOLD__POSTGRES__URL_FILE": "/run/secrets/postgres_url",
            "PINFOLD__REDIS__URL_FILE": "/run/secrets/redis_url",
            "PINFOLD__SECURITY__MASTER_KEY_FILE": "/run/secrets/master_key",
            "PINFOLD__SECURITY__INTERNAL_SECRET_FILE": "/run/secrets/internal_secret",
            "PINFOLD__TELEMETRY__METRICS_TOKEN_FILE": "/run/secrets/metrics_token",
        }
        sandbox.run(["migrate"], owner)
        sandbox.run(["doctor"], environment)
        demo = make_demo(executable, servers, directory)
        serving = Serving(sandbox, environment, port)
        try:
            wait_for(serving.is_ready, "readiness")
            sandbox.run(["health"], environment)
            send_and_verify(serving, demo)
            serving.check_limits()
            took = serving.stop()
        finally:
            serving.parent.kill()
    finally:
        servers.stop()
    who = f"user {USER}" if IS_ROOT else "an unprivileged user"
    print(f"A PIN went through as {who} with nothing but /tmp to write to; it stopped within {took:.1f} s.")
    print(f"deploy: {passed} passed, 0 failed")


def make_demo(executable, servers, directory):
    """The demo tenant, made from outside: its file needs a place to be written to."""
    file = directory / "demo.env"
    environment = {
        f"PINFOLD__{name}": servers.secret(secret).strip()
        for name, secret in (
            ("POSTGRES__URL", "postgres_url"),
            ("POSTGRES__ADMIN_URL", "postgres_owner_url"),
            ("REDIS__URL", "redis_url"),
            ("SECURITY__MASTER_KEY", "master_key"),
        )
    }
    subprocess.run([executable, "tenant", "demo", "--env-file", file], env=environment, check=True, stdout=subprocess.DEVNULL)
    return dict(line.split("=", 1) for line in file.read_text().splitlines())


def main():
    if len(sys.argv) != 2 or not os.access(sys.argv[1], os.X_OK):
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory(prefix="pinfold-limits-") as directory:
        # The sandbox' user has to pass through.
        os.chmod(directory, 0o755)
        run(Path(sys.argv[1]).resolve(), Path(directory))


if __name__ == "__main__":
    main()

"""Private servers for the bench, from the project's own script, so that they are set up as everywhere else."""

import shutil
import subprocess
import sys

from harness.places import OUT, ROOT, Failure
from harness.redis_link import RedisLink

_SCRIPTS = ROOT / "scripts" / "dev"


def ensure_programs():
    """Installs PostgreSQL and Redis where that is possible, as `make up` does."""
    if subprocess.run([sys.executable, _SCRIPTS / "install.py"], stdout=sys.stderr, check=False).returncode != 0:
        raise Failure("The bench needs PostgreSQL and Redis.")


class Services:
    """PostgreSQL and Redis, or Redis alone, in a directory that is empty before and gone after."""

    def __init__(self, name, only=None):
        self.directory = OUT / "services" / name
        self._run("stop", "--remove")
        only = ["--only", only] if only else []
        lines = self._run("env", *only).splitlines()
        self.variables = dict(line.split("=", 1) for line in lines if "=" in line)
        self.redis = RedisLink(self.variables["REDIS_URL"])
        # A rewrite in the middle of a run would be charged to whoever is measured then.
        self.redis.call("CONFIG", "SET", "auto-aof-rewrite-percentage", "0")
        self.redis_pid = int(self.redis.info("server")["process_id"])

    def postgres_pid(self):
        return int((self.directory / "data" / "postgres" / "postmaster.pid").read_text().splitlines()[0])

    def stop(self):
        self.redis.close()
        self._run("stop", "--remove")
        shutil.rmtree(self.directory)

    def _run(self, command, *more):
        words = [sys.executable, _SCRIPTS / "services.py", command, "--dir", self.directory, *more]
        outcome = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
        if outcome.returncode != 0:
            raise Failure(f"services.py {command}: {outcome.stderr.strip()}")
        return outcome.stdout

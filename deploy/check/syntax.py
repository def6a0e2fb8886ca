"""Checks the files of deploy/ with what a plain machine has: their syntax, their references to each other, what they let
a process do, and that the executable accepts what they set.

    python3 deploy/check/syntax.py target/release/pinfold
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

DEPLOY = Path(__file__).resolve().parents[1]
SERVICE_KEYS = set(
    "build cap_drop command depends_on entrypoint environment healthcheck image networks ports read_only restart secrets"
    " security_opt stop_grace_period tmpfs ulimits user volumes working_dir".split()
)
CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}
INSTRUCTIONS = set("FROM WORKDIR COPY RUN LABEL ENV USER EXPOSE STOPSIGNAL HEALTHCHECK ENTRYPOINT CMD ARG".split())
LOWEST_USER = 10_000
# systemd's own score of what a unit leaves open, 0 to 10.
MOST_EXPOSED = 2.0
PUBLIC_URL = "https://pin.example.com"


class Checks:
    """Counts what was looked at, and keeps every fault."""

    def __init__(self, executable):
        self.executable = str(Path(executable).resolve())
        self.passed, self.faults = 0, []
        self.secrets = self._secrets()

    def require(self, holds, fault):
        if holds:
            self.passed += 1
        else:
            self.faults.append(fault)

    def _secrets(self):
        """What deploy/make-secrets.sh makes, in a place of its own."""
        copy = Path(tempfile.mkdtemp(prefix="pinfold-deploy-"))
        shutil.copy(DEPLOY / "make-secrets.sh", copy)
        subprocess.run(["sh", "make-secrets.sh"], cwd=copy, check=True, capture_output=True)
        return copy / "secrets"

    def accepted(self, what, arguments, environment):
        """Requires that the executable accepts settings."""
        outcome = subprocess.run([self.executable, *arguments], env=environment, capture_output=True, text=True, check=False)
        self.require(outcome.returncode == 0, f"{what}: {outcome.stderr.strip()}")

    def secret_file(self, value):
        return value.replace("/run/secrets", str(self.secrets))


def check_compose(checks, name):
    compose = yaml.safe_load((DEPLOY / name).read_text())
    known = {"name", "services", "networks", "volumes", "secrets"}
    unknown = [key for key in compose if key not in known and not key.startswith("x-")]
    checks.require(not unknown, f"{name}: {unknown} are no parts of a compose file")
    for secret, source in compose["secrets"].items():
        file = source["file"].removeprefix("./secrets/")
        checks.require((checks.secrets / file).is_file(), f"{name}: make-secrets.sh does not make {secret} ({source['file']})")
    for service, body in compose["services"].items():
        where = f"{name}: {service}"
        unknown = set(body) - SERVICE_KEYS
        checks.require(not unknown, f"{where}: {sorted(unknown)} are no keys of a service")
        checks.require(body.get("image"), f"{where} has no image")
        for kind in ("secrets", "networks"):
            for used in body.get(kind, []):
                checks.require(used in compose[kind], f"{where}: there is no {used} among the {kind}")
        check_volumes(checks, where, body, compose["volumes"])
        for needed, how in body.get("depends_on", {}).items():
            checks.require(needed in compose["services"], f"{where} depends on {needed}, which is not there")
            checks.require(how["condition"] in CONDITIONS, f"{where}: {how['condition']} is no condition")
        if body["image"] == "pinfold":
            check_pinfold(checks, where, body)


def check_volumes(checks, where, body, volumes):
    for volume in body.get("volumes", []):
        source = volume.split(":")[0]
        is_there = (DEPLOY / source).exists() if source.startswith(".") else source in volumes
        checks.require(is_there, f"{where}: the volume {source} is not there")


def check_pinfold(checks, where, body):
    """A process of ours: nobody, without a way to write, and with settings that it accepts."""
    user = int(body.get("user", "0").split(":")[0])
    checks.require(user >= LOWEST_USER, f"{where} runs as user {user}")
    checks.require(body.get("read_only") is True, f"{where} can write")
    checks.require(body.get("cap_drop") == ["ALL"], f"{where} keeps capabilities")
    checks.require("no-new-privileges:true" in body.get("security_opt", []), f"{where} may gain privileges")
    checks.require(all(entry.startswith("/tmp:") for entry in body["tmpfs"]), f"{where} writes elsewhere than in /tmp")
    given = {name: interpolate(value) for name, value in body.get("environment", {}).items()}
    for value in given.values():
        used = re.findall(r"/run/secrets/(\w+)", value)
        checks.require(all(secret in body["secrets"] for secret in used), f"{where} is not given {used}")
    given = {name: checks.secret_file(value) for name, value in given.items()}
    command = body["command"]
    if command[0] == "serve":
        checks.accepted(where, ["settings", "check", *command[1:]], given)
    else:
        checks.accepted(where, ["settings", "show"], given)


def interpolate(value):
    """Variables as compose fills them in; what must be set is the public address."""
    value = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)
    return re.sub(r"\$\{\w+:\?[^}]*\}", PUBLIC_URL, value)


def check_dockerfile(checks):
    text = re.sub(r"\\\n", " ", (DEPLOY / "Dockerfile").read_text())
    lines = [line.split(None, 1) for line in text.splitlines() if line.strip() and not line.startswith("#")]
    unknown = [line[0] for line in lines if line[0] not in INSTRUCTIONS]
    checks.require(not unknown, f"Dockerfile: {unknown} are no instructions")
    stages = [index for index, line in enumerate(lines) if line[0] == "FROM"]
    checks.require(len(stages) > 1, "Dockerfile: what runs is no stage that builds")
    final = dict(lines[stages[-1]:])
    checks.require(int(final.get("USER", "0").split(":")[0]) >= LOWEST_USER, "Dockerfile: the image runs as a known user")
    for instruction in ("ENTRYPOINT", "CMD"):
        checks.require(final.get(instruction, "").startswith("["), f"Dockerfile: there is no shell for {instruction}")
    checks.require('CMD ["/pinfold", "health"]' in final.get("HEALTHCHECK", ""), "Dockerfile: no health check")
    name, value = final["ENV"].split("=", 1)
    checks.accepted("Dockerfile: ENV", ["settings", "show"], {name: value})


def check_units(checks):
    for unit in sorted((DEPLOY / "systemd").glob("*.service")):
        copy = Path(tempfile.mkdtemp(prefix="pinfold-units-")) / unit.name
        copy.write_text(unit.read_text().replace("/usr/local/bin/pinfold", checks.executable))
        for number, line in enumerate(unit.read_text().splitlines(), 1):
            is_line = not line or line.startswith("#") or re.fullmatch(r"\[(Unit|Service|Install)\]|[A-Z][A-Za-z]+=.*", line)
            checks.require(is_line, f"{unit.name}:{number} is no line of a unit")
        started = re.search(r"^ExecStart=/usr/local/bin/pinfold (.*)$", unit.read_text(), re.MULTILINE)
        checks.require(started, f"{unit.name} starts something else")
        checks.accepted(f"{unit.name}: ExecStart", [*started[1].replace("%i", "gateway").split(), "--help"], {})
        if shutil.which("systemd-analyze"):
            run_systemd_analyze(checks, unit.name, copy)
        else:
            print(f"{unit.name}: systemd-analyze is not here; only its lines were checked.")
        check_credentials(checks, unit)


def run_systemd_analyze(checks, name, copy):
    verified = subprocess.run(["systemd-analyze", "verify", "--man=no", copy], capture_output=True, text=True, check=False)
    own = [line for line in (verified.stdout + verified.stderr).splitlines() if copy.stem in line or copy.parent.name in line]
    checks.require(verified.returncode == 0 and not own, f"{name}: {' '.join(own)}")
    threshold = f"--threshold={round(MOST_EXPOSED * 10)}"
    command = ["systemd-analyze", "security", "--offline=true", threshold, copy]
    scored = subprocess.run(command, capture_output=True, text=True, check=False)
    summary = (scored.stdout.strip().splitlines() or [scored.stderr.strip()])[-1]
    checks.require(scored.returncode == 0, f"{name} leaves more open than {MOST_EXPOSED}: {summary}")


def check_credentials(checks, unit):
    """Every secret that a unit names is one that it is given, and one that make-secrets.sh makes."""
    text = unit.read_text()
    given = dict(re.findall(r"^LoadCredential=(\w+):/etc/pinfold/secrets/(\w+)$", text, re.MULTILINE))
    used = dict(re.findall(r"^Environment=(PINFOLD__\w+_FILE)=%d/(\w+)$", text, re.MULTILINE))
    checks.require(set(used.values()) == set(given), f"{unit.name}: it is given {sorted(given)} and uses {sorted(used.values())}")
    for file in given.values():
        checks.require((checks.secrets / file).is_file(), f"{unit.name}: make-secrets.sh does not make {file}")
    environment = {name: str(checks.secrets / file) for name, file in used.items()}
    if unit.name == "pinfold-migrate.service":
        checks.accepted(unit.name, ["settings", "show"], environment)
        return
    # On one machine the servers are local; the secrets are made for containers.
    environment |= {"PINFOLD__SECURITY__TRUSTED_NETWORK": "true"}
    settings = {"pinfold.service": [("all", "production")], "pinfold@.service": [("gateway", "gateway")]}[unit.name]
    for role, file in settings:
        path = str(DEPLOY / "settings" / f"{file}.toml")
        checks.accepted(f"{file}.toml", ["settings", "check", "--role", role, "--config", path], environment)


def main():
    if len(sys.argv) != 2 or not os.access(sys.argv[1], os.X_OK):
        sys.exit(__doc__)
    checks = Checks(sys.argv[1])
    check_compose(checks, "compose.yaml")
    check_compose(checks, "compose.split.yaml")
    check_dockerfile(checks)
    check_units(checks)
    shutil.rmtree(checks.secrets.parent)
    for fault in checks.faults:
        print(fault, file=sys.stderr)
    print(f"deploy: {checks.passed} passed, {len(checks.faults)} failed")
    return 1 if checks.faults else 0


if __name__ == "__main__":
    sys.exit(main())

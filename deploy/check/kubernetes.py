"""Checks deploy/kubernetes: every manifest against the schemas of Kubernetes, pods against the restricted profile of its Pod
Security Standards, that nothing is open by default, and that the executable accepts what the pods are told.

    python3 deploy/check/kubernetes.py target/release/pinfold
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import kubernetes_validate
import yaml

DEPLOY = Path(__file__).resolve().parents[1]
FOLDER = DEPLOY / "kubernetes"
# The oldest and the newest that the manifests are meant for.
VERSIONS = ("1.30", "1.36")
ROLES = ("gateway", "config-service", "verification", "dispatch")
MOUNT = "/run/secrets/pinfold"


class Checks:
    """Counts what was looked at, and keeps every fault."""

    def __init__(self):
        self.passed, self.faults = 0, []

    def require(self, holds, fault):
        if holds:
            self.passed += 1
        else:
            self.faults.append(fault)


def read(checks):
    """Every manifest that the kustomization names, by kind and name."""
    listed = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())["resources"]
    files = sorted(file.name for file in FOLDER.glob("*.yaml") if file.name != "kustomization.yaml")
    checks.require(sorted(listed) == files, f"kustomization.yaml names {sorted(listed)}, there is {files}")
    found = {}
    for name in listed:
        for manifest in yaml.safe_load_all((FOLDER / name).read_text()):
            what = (manifest["kind"], manifest["metadata"]["name"])
            checks.require(what not in found, f"{name}: there are two of {what}")
            found[what] = manifest
            for version in VERSIONS:
                try:
                    kubernetes_validate.validate(manifest, version, strict=True)
                    checks.require(True, "")
                except kubernetes_validate.ValidationError as error:
                    checks.require(False, f"{name}: {what} is not valid in {version}: {error.message}")
    return found


def check_pod(checks, where, pod):
    """The restricted profile, and beyond it: no way to write, a bound on memory, no token of the cluster."""
    everyone = pod["securityContext"]
    checks.require(everyone["runAsNonRoot"] is True and everyone["runAsUser"] >= 10_000, f"{where} may run as a known user")
    checks.require(everyone["seccompProfile"]["type"] == "RuntimeDefault", f"{where} may make any system call")
    checks.require(pod.get("automountServiceAccountToken") is False, f"{where} is given a token of the cluster")
    shared = [name for name in ("hostNetwork", "hostPID", "hostIPC") if pod.get(name)]
    checks.require(not shared, f"{where} shares {shared} with its node")
    for volume in pod.get("volumes", []):
        kinds = set(volume) - {"name"}
        checks.require(kinds <= {"secret", "emptyDir", "configMap"}, f"{where}: a volume of kind {kinds}")
    for container in pod["containers"]:
        own = container["securityContext"]
        checks.require(own.get("allowPrivilegeEscalation") is False, f"{where} may gain privileges")
        checks.require(own.get("capabilities") == {"drop": ["ALL"]}, f"{where} keeps capabilities")
        checks.require(own.get("readOnlyRootFilesystem") is True, f"{where} can write")
        checks.require("memory" in container["resources"]["limits"], f"{where} has no bound on memory")
        checks.require(not any("valueFrom" in entry for entry in container.get("env", [])), f"{where}: secrets come as files")


def check_role(checks, found, role, executable, secrets):
    deployment, service = found["Deployment", role], found["Service", role]
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    pod = deployment["spec"]["template"]["spec"]
    [container] = pod["containers"]
    checks.require(deployment["spec"]["selector"]["matchLabels"] == labels, f"{role}: the deployment selects other pods")
    checks.require(service["spec"]["selector"] == labels, f"{role}: the service selects other pods")
    budget = found["PodDisruptionBudget", role]["spec"]
    is_kept = budget["selector"]["matchLabels"] == labels and budget["minAvailable"] < deployment["spec"]["replicas"]
    checks.require(is_kept, f"{role}: the disruption budget keeps no pod, or every one")
    probed = {container[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")}
    checks.require(probed == {"/health/live", "/health/ready"}, f"{role} is probed at {probed}")
    checks.require(container["args"] == ["serve", "--role", role], f"{role}: the pod runs {container['args']}")
    accepted(checks, role, ["settings", "check", "--role", role], found["ConfigMap", "pinfold"]["data"], pod, executable, secrets)


def accepted(checks, where, arguments, environment, pod, executable, secrets):
    """Requires that the executable accepts what a pod is told, and that its secrets are mounted and made."""
    [mounted] = [volume["secret"] for volume in pod["volumes"] if "secret" in volume]
    given = {item["path"] for item in mounted["items"]}
    used = {value.removeprefix(f"{MOUNT}/") for value in environment.values() if value.startswith(MOUNT)}
    checks.require(used == given, f"{where} is given {sorted(given)} and uses {sorted(used)}")
    checks.require(all((secrets / name).is_file() for name in given), f"{where}: make-secrets.sh does not make all of {sorted(given)}")
    environment = {name: value.replace(MOUNT, str(secrets)) for name, value in environment.items()}
    outcome = subprocess.run([executable, *arguments], env=environment, capture_output=True, text=True, check=False)
    checks.require(outcome.returncode == 0, f"{where}: {outcome.stderr.strip()}")


def check_network(checks, found):
    policies = {name: manifest["spec"] for (kind, name), manifest in found.items() if kind == "NetworkPolicy"}
    closed = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    checks.require(policies["default-deny"] == closed, "default-deny lets something through")
    for name, policy in policies.items():
        open_in = [rule for rule in policy.get("ingress", []) if not rule.get("from")]
        checks.require(not open_in, f"{name}: everybody may come in")
    behind = {"config-service", "verification", "dispatch"}
    [out] = policies["world"]["podSelector"]["matchExpressions"]
    checks.require(set(out["values"]) == behind, "the way out is for the roles that ask providers")
    except_ = [block for rule in policies["world"]["egress"] for to in rule["to"] for block in to["ipBlock"]["except"]]
    checks.require({"10.0.0.0/8", "169.254.0.0/16", "fc00::/7"} <= set(except_), "the way out leads to private addresses")


def main():
    if len(sys.argv) != 2 or not os.access(sys.argv[1], os.X_OK):
        sys.exit(__doc__)
    checks, executable = Checks(), str(Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory(prefix="pinfold-kubernetes-") as copy:
        shutil.copy(DEPLOY / "make-secrets.sh", copy)
        subprocess.run(["sh", "make-secrets.sh"], cwd=copy, check=True, capture_output=True)
        secrets = Path(copy) / "secrets"
        found = read(checks)
        for role in ROLES:
            check_pod(checks, role, found["Deployment", role]["spec"]["template"]["spec"])
            check_role(checks, found, role, executable, secrets)
        job = found["Job", "migrate"]["spec"]["template"]["spec"]
        check_pod(checks, "migrate", job)
        environment = {entry["name"]: entry["value"] for entry in job["containers"][0]["env"]}
        accepted(checks, "migrate", ["settings", "show"], environment, job, executable, secrets)
    pods = {role for kind, role in found if kind == "Deployment"}
    checks.require(pods == set(ROLES), f"there are deployments of {sorted(pods)}")
    labels = found["Namespace", "pinfold"]["metadata"]["labels"]
    checks.require(labels.get("pod-security.kubernetes.io/enforce") == "restricted", "the namespace allows more than restricted")
    check_network(checks, found)
    for fault in checks.faults:
        print(fault, file=sys.stderr)
    print(f"deploy: {checks.passed} passed, {len(checks.faults)} failed")
    return 1 if checks.faults else 0


if __name__ == "__main__":
    sys.exit(main())

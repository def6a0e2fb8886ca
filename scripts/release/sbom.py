"""Writes the bill of materials of this checkout as CycloneDX 1.6: every package of every lock file, with its hash.

    python3 scripts/release/sbom.py [FILE]

The same lock files give the same bytes: no time and no name of a machine is in it.
"""

import json
import sys
import tomllib
import uuid
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / folder) for folder in ("ci", "dev")]
import checkout
from checkout import ROOT, Failure, say
from lockfiles import packages


def _component(package, locks):
    component = {
        "type": "library" if package.source else "application",
        "bom-ref": f"{package.purl}#{package.digest[:16]}",
        "name": package.name,
        "version": package.version,
        "purl": package.purl,
        "hashes": [{"alg": package.algorithm, "content": package.digest}],
        "properties": [{"name": "pinfold:lock", "value": lock} for lock in sorted(locks)],
    }
    if package.license:
        component["licenses"] = [{"expression": package.license}]
    return component


def document():
    """The document, and how many packages the lock files name."""
    by_ref = {}
    locked = packages()
    for package in locked:
        if not package.digest or not package.algorithm:
            raise Failure(f"{package.lock}: {package.name} {package.version} has no hash.")
        by_ref.setdefault((package.purl, package.digest), (package, set()))[1].add(package.lock)
    components = [_component(package, locks) for _, (package, locks) in sorted(by_ref.items())]
    version = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"]
    body = json.dumps(components, sort_keys=True)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, body)}",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "pinfold", "version": version, "bom-ref": "pinfold"}},
        "components": components,
    }, locked


def main():
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "target" / "pinfold.cdx.json"
    written, locked = document()
    listed = {(component["purl"], component["hashes"][0]["content"]) for component in written["components"]}
    missing = [package.purl for package in locked if (package.purl, package.digest) not in listed]
    if missing:
        raise Failure(f"The document lacks {', '.join(missing)}.")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(written, indent=1, sort_keys=True) + "\n")
    say(f"{target}: {len(written['components'])} components for {len(locked)} locked packages, all with hashes")
    return 0


if __name__ == "__main__":
    checkout.run(main)

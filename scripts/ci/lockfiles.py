"""What the lock files say: every package of ours, of Rust and of npm, with its hash."""

import base64
import hashlib
import json
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path

from checkout import ROOT, Failure

CARGO = ["Cargo.lock", "bench/floor/Cargo.lock", "fuzz/Cargo.lock"]
NPM = ["crates/testkit/peers/package-lock.json", "web-admin/package-lock.json"]


@dataclass(frozen=True)
class Package:
    """A package as a lock file names it. `source` is empty for a package of this repository."""

    kind: str
    name: str
    version: str
    source: str
    algorithm: str
    digest: str
    lock: str
    license: str = ""
    scripts: bool = False

    @property
    def purl(self):
        name = self.name.replace("@", "%40", 1) if self.kind == "npm" else self.name
        return f"pkg:{self.kind}/{name}@{self.version}"


def packages():
    """All packages of all lock files, each as often as it is locked."""
    found = []
    for lock in CARGO:
        if (ROOT / lock).exists():
            found += _cargo(lock)
    for lock in NPM:
        if (ROOT / lock).exists():
            found += _npm(lock)
    if not found:
        raise Failure("There is no lock file.")
    return found


def _cargo(lock):
    locked = tomllib.loads((ROOT / lock).read_text())
    for package in locked["package"]:
        name, version, source = package["name"], package["version"], package.get("source", "")
        digest = package.get("checksum") or (_of_folder(_folder_of(name, lock)) if not source else "")
        yield Package("cargo", name, version, source, "SHA-256", digest, lock)


def _npm(lock):
    locked = json.loads((ROOT / lock).read_text())
    for path, package in locked["packages"].items():
        if path == "" or package.get("link"):
            name = package.get("name") or Path(path).name
            yield Package("npm", name, package.get("version", "0.0.0"), "", "SHA-256", _of_folder((ROOT / lock).parent), lock)
            continue
        name = package.get("name") or path.rpartition("node_modules/")[2]
        algorithm, _, encoded = package.get("integrity", "").partition("-")
        digest = base64.b64decode(encoded).hex() if encoded else ""
        names = {"sha512": "SHA-512", "sha1": "SHA-1", "sha256": "SHA-256"}
        source = package.get("resolved", "registry")
        yield Package(
            "npm", name, package["version"], source, names.get(algorithm, ""), digest, lock,
            package.get("license", ""), bool(package.get("hasInstallScript")),
        )


def _folder_of(name, lock):
    short = name.removeprefix("pinfold-")
    for folder in (ROOT / "crates" / short, (ROOT / lock).parent):
        if (folder / "Cargo.toml").exists() and f'name = "{name}"' in (folder / "Cargo.toml").read_text():
            return folder
    raise Failure(f"{lock} names {name}, which has neither a source nor a folder here.")


def _of_folder(folder):
    """One hash over the names and contents of the files that git knows in a folder."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "."], cwd=folder, capture_output=True, check=True
    ).stdout
    whole = hashlib.sha256()
    for name in sorted(filter(None, listed.decode().split("\0"))):
        path = folder / name
        if path.is_file():
            whole.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()

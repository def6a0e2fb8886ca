"""Judges what we depend on from the lock files alone, without a network.

    python3 scripts/ci/supply_chain.py [--advisories FOLDER]

- no package is older than the version that mended what is known of it (FLOORS);
- every package comes from its registry with a hash, none from git, and the npm locks name no host;
- no npm package runs a script when it is installed, but those of SCRIPTS;
- with a copy of the RustSec advisory database, which ../shared/advisory-db is when it is there: no locked crate is named by it, but
  what deny.toml ignores.
"""

import argparse
import re
import sys
import tomllib
from pathlib import Path


sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "dev"))
import checkout
from checkout import ROOT, say
from lockfiles import packages

# package → the first version without what is known of older ones, and what that is. A package may have a floor of its own in an older
# line that is still mended, named by the line.
FLOORS = {
    ("cargo", "jsonwebtoken"): ("10.3.0", "older ones skip checks of times (CVE-2026-25537)"),
    ("cargo", "phonenumber"): ("0.3.6", "a number made older ones panic (CVE-2024-39697)"),
    ("cargo", "sqlx"): ("0.8.1", "values over 4 GiB wrapped (RUSTSEC-2024-0363)"),
    ("cargo", "h2"): ("0.4.16", "floods of resets and frames"),
    ("cargo", "h2", "0.3"): ("0.3.27", "floods of resets and frames; actix-http is on this line"),
    ("cargo", "redis"): ("1.7.1", "connections to a cluster could stall"),
    ("cargo", "rustls"): ("0.23.18", "a handshake could panic (RUSTSEC-2024-0399)"),
    ("cargo", "tokio"): ("1.44.2", "a broadcast channel cloned without a bound (RUSTSEC-2025-0023)"),
    ("cargo", "idna"): ("1.0.3", "two spellings of one host name (RUSTSEC-2024-0421)"),
    ("cargo", "url"): ("2.5.4", "comes with the mended idna"),
    ("cargo", "crossbeam-channel"): ("0.5.15", "a double free (RUSTSEC-2025-0024)"),
    ("cargo", "ring"): ("0.17.12", "a panic in AES (RUSTSEC-2025-0009)"),
    ("cargo", "openssl"): ("0.10.72", "use after free (RUSTSEC-2025-0022)"),
    ("cargo", "diesel"): ("2.2.3", "values over 4 GiB wrapped (RUSTSEC-2024-0365)"),
    ("cargo", "tracing-subscriber"): ("0.3.20", "escape sequences reached the terminal (RUSTSEC-2025-0055)"),
    ("npm", "axios"): ("1.12.0", "answers without a bound (CVE-2025-58754)"),
    ("npm", "form-data"): ("4.0.4", "boundaries that can be guessed (CVE-2025-7783)"),
    ("npm", "follow-redirects"): ("1.15.6", "credentials followed redirects (CVE-2024-28849)"),
    ("npm", "vite"): ("6.3.4", "files outside the folder were served (CVE-2025-46565)"),
    ("npm", "jws"): ("3.2.3", "signatures were not checked (CVE-2025-65945)"),
}
# npm packages whose install scripts are known; we install with --ignore-scripts all the same.
SCRIPTS = {"esbuild", "fsevents", "bufferutil", "utf-8-validate", "@parcel/watcher", "msw", "unrs-resolver", "node"}


def _numbers(version):
    core, _, pre = version.split("+")[0].partition("-")
    numbers = [int(part) if part.isdigit() else 0 for part in core.split(".")]
    return (*(numbers + [0, 0, 0])[:3], 0 if pre else 1)


def _satisfies(version, requirement):
    """Whether a version is within a requirement of an advisory, such as `>= 1.2.3, < 2.0.0` or `^1.4.5`."""
    have = _numbers(version)
    for part in filter(None, (part.strip() for part in requirement.split(","))):
        sign, text = re.fullmatch(r"(>=|<=|>|<|=|\^|~)?\s*(.+)", part).groups()
        wanted = _numbers(text)
        if sign in ("^", "~", None):
            places = 1 if sign != "~" and wanted[0] > 0 else 2
            fits = have >= wanted and have[:places] == wanted[:places]
        else:
            fits = {">=": have >= wanted, "<=": have <= wanted, ">": have > wanted, "<": have < wanted, "=": have == wanted}[sign]
        if not fits:
            return False
    return True


def _advisories(folder):
    """The advisories of a RustSec database that are about a fault and not withdrawn."""
    for path in sorted((folder / "crates").glob("*/RUSTSEC-*.md")):
        block = re.search(r"```toml\n(.*?)```", path.read_text(), re.S)
        entry = tomllib.loads(block.group(1)) if block else {}
        advisory = entry.get("advisory", {})
        if advisory and "withdrawn" not in advisory and advisory.get("informational") not in ("notice", "unmaintained"):
            yield advisory["id"], advisory["package"], entry.get("versions", {})


def _faults(locked, advisories):
    for package in locked:
        where = f"{package.lock}: {package.name} {package.version}"
        if not package.digest:
            yield f"{where} has no hash"
        if package.source.startswith("git"):
            yield f"{where} comes from git"
        if package.kind == "npm" and "://" in package.source:
            yield f"{where} names the host it came from: set omit-lockfile-registry-resolved=true"
        if package.scripts and package.name not in SCRIPTS:
            yield f"{where} runs a script when it is installed"
        line = ".".join(package.version.split(".")[:2])
        floor = FLOORS.get((package.kind, package.name, line)) or FLOORS.get((package.kind, package.name))
        floor, why = floor or ("0.0.0", "")
        if _numbers(package.version) < _numbers(floor):
            yield f"{where} is older than {floor}: {why}"
    if advisories:
        ignored = tomllib.loads((ROOT / "deny.toml").read_text()).get("advisories", {}).get("ignore", [])
        ignored = {entry if isinstance(entry, str) else entry["id"] for entry in ignored}
        of_name = {}
        for package in locked:
            if package.kind == "cargo" and package.source:
                of_name.setdefault(package.name, set()).add(package.version)
        for name, crate, versions in _advisories(advisories):
            fine = versions.get("patched", []) + versions.get("unaffected", [])
            for version in sorted(of_name.get(crate, ())):
                if name not in ignored and not any(_satisfies(version, requirement) for requirement in fine):
                    yield f"{crate} {version}: {name}"


def _check_ourselves():
    assert _satisfies("1.2.3", ">= 1.2.3") and _satisfies("1.9.0", "^1.4.5") and not _satisfies("2.0.0", "^1.4.5")
    assert _satisfies("0.3.9", "^0.3.6") and not _satisfies("0.4.0", "^0.3.6") and not _satisfies("1.2.3-rc.1", ">= 1.2.3")
    assert _satisfies("0.9.5", ">= 0.9.3, < 0.10.0") and not _satisfies("0.10.0", ">= 0.9.3, < 0.10.0")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--advisories", type=Path, default=ROOT.parent / "shared" / "advisory-db")
    arguments = parser.parse_args()
    _check_ourselves()
    locked = packages()
    has_database = (arguments.advisories / "crates").is_dir()
    faults = list(_faults(locked, arguments.advisories if has_database else None))
    for fault in faults:
        say(f"supply chain: {fault}")
    looked = "with" if has_database else "without (no copy of the database is here)"
    say(f"supply chain: {len(locked)} locked packages, {looked} advisories, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    checkout.run(main)

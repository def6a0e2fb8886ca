"""Makes sure that PostgreSQL and Redis programs are there: installs them on Debian and Ubuntu, else says what to install."""

import os
import shutil
import subprocess
from pathlib import Path

import checkout
from checkout import Failure, say
from programs import OLDEST_POSTGRES, OLDEST_REDIS, find_postgres, find_redis

DEBIAN_PACKAGES = Path(__file__).with_name("debian-packages.sh")
HINT = f"""
Install them and run this again:
  Debian, Ubuntu   sudo apt-get install {{debian}}
  Fedora           sudo dnf install {{fedora}}
  macOS            brew install {{homebrew}}
PostgreSQL {OLDEST_POSTGRES} and Redis {OLDEST_REDIS} (or Valkey) are the oldest that do; nothing has to be started."""
PACKAGES = {
    "PostgreSQL": {"debian": "postgresql", "fedora": "postgresql-server", "homebrew": "postgresql@17"},
    "Redis": {"debian": "redis-server", "fedora": "valkey", "homebrew": "redis"},
}


def _missing():
    found = {"PostgreSQL": find_postgres(), "Redis": find_redis()}
    return [name for name, program in found.items() if program is None]


def _as_root():
    """How to become root without asking for a password, or None."""
    if os.getuid() == 0:
        return []
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0:
        return ["sudo", "-n"]
    return None


def ensure_programs():
    missing = _missing()
    if not missing:
        return
    as_root = _as_root()
    if shutil.which("apt-get") and as_root is not None:
        names = [PACKAGES[name]["debian"] for name in missing]
        say(f"Installing {' and '.join(missing)} (Debian packages {' '.join(names)}; no system service is started) …")
        # Leaving the block waits for the script: it always puts back what it changed, a stopped one too.
        with subprocess.Popen([*as_root, "sh", str(DEBIAN_PACKAGES), *names]) as installer:
            installer.wait()
        missing = _missing()
    if missing:
        hint = {system: " ".join(PACKAGES[name][system] for name in missing) for system in ("debian", "fedora", "homebrew")}
        raise Failure(f"{' and '.join(missing)} not found, or too old." + HINT.format(**hint))


if __name__ == "__main__":
    checkout.run(ensure_programs)

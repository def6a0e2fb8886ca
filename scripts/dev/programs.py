"""Finds the PostgreSQL and Redis programs of this machine.

PostgreSQL's server programs are rarely on the PATH: Debian, Fedora and Homebrew keep them in a directory per version.
"""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

OLDEST_POSTGRES = 15
OLDEST_REDIS = 7
POSTGRES_DIRECTORIES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/Library/PostgreSQL/*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)


@dataclass
class Program:
    """A server program, or for PostgreSQL the directory of them, and its major version."""

    path: Path
    version: int


def _major_version(program):
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    # "initdb (PostgreSQL) 15.18", "Redis server v=7.0.15 …", "Valkey server v=8.0.1 …"
    found = re.search(r"(?:\) |v=)(\d+)", answer)
    return int(found.group(1)) if found else 0


def postgres_installations():
    """Every complete PostgreSQL installation, newest first."""
    on_path = shutil.which("initdb")
    directories = [Path(on_path).resolve().parent] if on_path else []
    for pattern in POSTGRES_DIRECTORIES:
        directories.extend(Path("/").glob(pattern.lstrip("/")))
    complete = {
        directory
        for directory in directories
        if all(os.access(directory / name, os.X_OK) for name in ("initdb", "pg_ctl", "postgres", "psql"))
    }
    found = [Program(directory, _major_version(directory / "initdb")) for directory in complete]
    return sorted(found, key=lambda program: program.version, reverse=True)


def find_postgres(version=None):
    """The newest usable installation, or the one of the given major version that a data directory asks for."""
    for program in postgres_installations():
        if program.version == version or (version is None and program.version >= OLDEST_POSTGRES):
            return program
    return None


def find_redis():
    """The Redis server, or Valkey, which distributions ship in its place."""
    for name in ("redis-server", "valkey-server"):
        path = shutil.which(name)
        if path and (version := _major_version(path)) >= OLDEST_REDIS:
            return Program(Path(path), version)
    return None

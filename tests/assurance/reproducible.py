"""The same source gives the same executable: two clean builds in folders of different names and depths, compared byte by byte."""

import hashlib
import os
import subprocess
import tempfile
from pathlib import Path

from checkout import ROOT, say


def _build(folder):
    """Puts the tracked files as they are committed into a folder and builds there; gives the executable's bytes."""
    folder.mkdir(parents=True)
    packed = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x"], cwd=folder, input=packed, check=True)
    environment = {name: value for name, value in os.environ.items() if name not in ("CARGO_TARGET_DIR", "RUSTFLAGS", "CFLAGS")}
    subprocess.run(["sh", "scripts/release/build.sh"], cwd=folder, env=environment, check=True)
    return (folder / "target" / "release" / "pinfold").read_bytes()


def measure(program):
    del program  # It was built elsewhere, with what was not committed.
    with tempfile.TemporaryDirectory(prefix="pinfold-reproducible-") as temporary:
        folders = [Path(temporary) / "a", Path(temporary) / "another" / "folder" / "of-another-length"]
        built = []
        for folder in folders:
            say(f"building in {folder} …")
            built.append(_build(folder))
        home = os.environ.get("CARGO_HOME", str(Path.home() / ".cargo"))
        named = [path for path in (temporary, home) for executable in built if path.encode() in executable]
    hashes = [hashlib.sha256(executable).hexdigest() for executable in built]
    figure = f"SHA-256 {hashes[0][:16]}… and {hashes[1][:16]}…, {len(named)} paths of the machine in them"
    return hashes[0] == hashes[1] and not named, figure

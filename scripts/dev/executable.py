"""Builds the executable with cargo's own progress visible, and finds it."""

import json
import os
import shutil
import subprocess
from pathlib import Path

from checkout import ROOT, Failure, say

# Who builds this waits for a first PIN; the executable that ships (`make release`) takes twice as long to build.
QUICK = {
    "CARGO_PROFILE_RELEASE_LTO": "off",
    "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16",
    "CARGO_PROFILE_RELEASE_OPT_LEVEL": "1",
}


def build():
    """Returns the path of an up-to-date `pinfold`; PINFOLD_EXECUTABLE names one that is built already."""
    if given := os.environ.get("PINFOLD_EXECUTABLE"):
        return Path(given).resolve()
    if shutil.which("cargo") is None:
        raise Failure("cargo not found: install Rust from https://rustup.rs and run this again.")
    if not any(shutil.which(compiler) for compiler in ("cc", "gcc", "clang")):
        raise Failure("No C compiler found: install gcc (Debian, Ubuntu, Fedora) or the Xcode command line tools (macOS).")
    say("Building pinfold (the first build takes several minutes) …")
    command = ["cargo", "build", "--release", "--locked", "--bin", "pinfold", "--message-format=json-render-diagnostics"]
    with subprocess.Popen(command, cwd=ROOT, env=QUICK | os.environ, stdout=subprocess.PIPE, text=True) as cargo:
        try:
            messages = [json.loads(line) for line in cargo.stdout if line.startswith("{")]
        except BaseException:
            cargo.terminate()
            raise
    built = [message["executable"] for message in messages if message.get("executable")]
    if cargo.returncode != 0 or not built:
        raise Failure("The build failed; see above.")
    return Path(built[-1])

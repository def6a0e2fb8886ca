"""`make up` as a newcomer meets it: it serves, its printed commands send and verify a PIN, Ctrl-C stops all of it, and the
next `make up` goes on with its data. Uses this checkout's .dev, so nothing of it may be up.

    python3 scripts/ci/smoke.py
"""

import os
import queue
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "dev"))
import checkout
from checkout import DEV, ROOT, Failure, read_variables, say
from ports import LOOPBACK, free_port, is_taken

# The first one builds the release executable.
FIRST_SECONDS = 45 * 60
BUILT_SECONDS = 20
STOP_SECONDS = 60
BAR = "API reference:"


class Up:
    """One `make up` on a port of its own, in a session of its own, as a terminal would have it."""

    def __init__(self, port, **variables):
        environment = os.environ | {"PINFOLD__HTTP__PORT": str(port)} | variables
        self.begin = time.monotonic()
        self.lines, self.seen = queue.Queue(), []
        self.process = subprocess.Popen(
            ["make", "up"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def wait_for(self, text, seconds):
        """Shows what it prints until a line has `text`; gives the seconds since its start."""
        end = time.monotonic() + seconds
        while True:
            try:
                line = self.lines.get(timeout=max(0.01, end - time.monotonic()))
            except queue.Empty:
                raise Failure(f"`make up` did not print {text!r} within {seconds} s.") from None
            if line is None:
                raise Failure(f"`make up` ended before it printed {text!r}.")
            say(f"    {hide(line)}")
            self.seen.append(line)
            if text in line:
                return time.monotonic() - self.begin

    def press_control_c(self):
        """What a terminal does: the signal goes to the whole group."""
        os.killpg(self.process.pid, signal.SIGINT)
        self.wait_for("Stopped.", STOP_SECONDS)
        self.process.wait(STOP_SECONDS)

    def end(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)


def hide(line):
    """Keys of a throwaway tenant are keys all the same."""
    return re.sub(r"(pf_(?:live|test)_)[\w-]+", r"\1…", line)


def printed_commands(up):
    found = [line for line in up.seen if line.startswith("curl ")]
    if len(found) != 2:
        raise Failure(f"`make up` printed {len(found)} commands instead of 2.")
    return found


def run_commands(up):
    """Both printed commands, as they are, from another directory."""
    send, verify = printed_commands(up)
    for command, wanted in ((send, '"pinId"'), (verify, '"verified":true')):
        done = subprocess.run(["sh", "-c", command], cwd="/", capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != 0 or wanted not in done.stdout:
            raise Failure(f"The printed command answered without {wanted}:\n{hide(command)}\n{done.stdout}{done.stderr}")


def variables():
    found = read_variables(DEV / "demo.env")
    names = ("BASE_URL", "API_KEY", "APPLICATION_ID", "MESSAGE_ID", "SIMULATOR_URL", "REDIS_URL", "DATABASE_URL")
    if missing := [name for name in names if not found.get(name)]:
        raise Failure(f".dev/demo.env lacks {', '.join(missing)}.")
    return found


def verifications(demo):
    url = f"{demo['BASE_URL']}/2fa/2/applications/{demo['APPLICATION_ID']}/verifications?msisdn=41793026727"
    command = ["curl", "-sS", "--fail", url, "-H", f"Authorization: App {demo['API_KEY']}"]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout.count('"verified":true')


def check_nothing_listens(demo):
    for name in ("BASE_URL", "REDIS_URL", "DATABASE_URL"):
        if is_taken(urlsplit(demo[name]).port):
            raise Failure(f"Ctrl-C left something at {name}'s port.")


def first_start(state):
    """It serves, and the printed commands work."""
    up = state["up"] = Up(state["port"])
    up.wait_for(BAR, FIRST_SECONDS)
    run_commands(up)
    state["demo"] = variables()


def second_start_is_refused(state):
    """While it runs, another one of the same checkout says so."""
    other = Up(free_port())
    try:
        other.wait_for("is up already", BUILT_SECONDS)
        if other.process.wait(BUILT_SECONDS) == 0:
            raise Failure("The second `make up` ended with 0.")
    finally:
        other.end()


def control_c_stops_everything(state):
    state["up"].press_control_c()
    check_nothing_listens(state["demo"])


def taken_port_is_a_clear_error(state):
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        up = Up(taken.getsockname()[1])
        try:
            up.wait_for("is in use", BUILT_SECONDS)
            if up.process.wait(BUILT_SECONDS) == 0:
                raise Failure("`make up` on a taken port ended with 0.")
        finally:
            up.end()


def next_start_resumes(state, **topology):
    """Same keys, same data, and in no time."""
    up = state["up"] = Up(state["port"], **topology)
    seconds = up.wait_for(BAR, BUILT_SECONDS)
    demo = variables()
    if demo != state["demo"]:
        raise Failure("The second start has other keys or ids than the first.")
    before = verifications(demo)
    if before < 1:
        raise Failure("The second start does not know what the first one verified.")
    run_commands(up)
    say(f"    resumed in {seconds:.1f} s with {before} earlier verifications")


def split_start_resumes(state):
    """One process per role, over the same data."""
    next_start_resumes(state, PINFOLD_SPLIT="1")


STEPS = (
    first_start,
    second_start_is_refused,
    control_c_stops_everything,
    taken_port_is_a_clear_error,
    next_start_resumes,
    control_c_stops_everything,
    split_start_resumes,
    control_c_stops_everything,
)


def main():
    if shutil.which("curl") is None:
        raise Failure("The printed commands need curl.")
    state, passed = {"port": free_port(), "up": None}, 0
    try:
        for step in STEPS:
            say(f"  {step.__name__}")
            step(state)
            passed += 1
    except Failure as failure:
        say(f"  FAILED {STEPS[passed].__name__}: {failure}")
    finally:
        if state["up"]:
            state["up"].end()
    failed = 1 if passed < len(STEPS) else 0
    say(f"smoke: {passed} passed, {failed} failed")
    return failed


def _end(*_):
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    checkout.run(main)

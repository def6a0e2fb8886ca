"""Three times the load that an installation can answer: what it still answers, how fast it refuses the rest, and how it is afterwards.

Everything of the installation has one processor and the load another, so that the load takes nothing of what it measures. Idle work
takes most of the installation's: one processor alone could not ask three times what another one answers.
"""

import json
import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "bench"))
from harness import build
from harness.places import BENCH
from installation import Installation
from tenant import Tenant

SECONDS, CHECKS_PER_SECOND, ROOM_MIB = 15, 50, 100
SETTINGS = {
    "PINFOLD__HTTP__WORKERS": "1",
    "PINFOLD__REDIS__BACKLOG": "10000000",
    # Messages wait: nobody delivers them here.
    "PINFOLD__ROLES__DISPATCH_URL": "http://127.0.0.1:1",
}


class _WithoutWorker(Installation):
    def serve_edge(self):
        self.edge = ("gateway,config-service,verification", *self.edge[1:])
        super().serve_edge()


def measure(program):
    build.floor()
    processors = sorted(os.sched_getaffinity(0))
    ours, loads = {processors[0]}, {processors[-1]}
    os.sched_setaffinity(0, ours)
    # Each in a session of its own: the kernel shares a processor between sessions.
    work = [sys.executable, "-c", "while True: pass"]
    idle = [subprocess.Popen(work, start_new_session=True) for _ in range(4)]
    try:
        with _WithoutWorker(program, "all", SETTINGS) as installation:
            return _measure(installation, Tenant(installation, "busy"), loads)
    finally:
        for process in idle:
            process.kill()
            process.wait()
        os.sched_setaffinity(0, processors)


def _measure(installation, tenant, processors):
    sends, ids = _Sends(installation, tenant, processors), installation.directory / "pins.txt"
    sends.ask(connections=64, seconds=2)
    sends.ask(connections=8, requests=SECONDS * CHECKS_PER_SECOND, collect=ids)
    peak = sends.ask(connections=64, seconds=5)["per_second"]
    quiet = sends.ask(connections=64, seconds=4, rate=peak / 4)
    before = _memory_mib(installation)
    checks = sends.begin_checks(ids)
    found = sends.ask(connections=3000, seconds=SECONDS, rate=3 * peak)
    checked = json.loads(checks.communicate(timeout=60)[0])
    grown = _memory_mib(installation) - before
    time.sleep(5)
    after = sends.ask(connections=64, seconds=4, rate=peak / 4)

    good = found["statuses"].get("200", 0) / SECONDS
    refusals = [found["p99_us_by_status"][status] / 1e3 for status in ("429", "503") if status in found["statuses"]]
    alien = set(found["statuses"]) - {"200", "429", "503"}
    answered = checked["statuses"].get("200", 0) / max(checked["requests"], 1)
    figure = (
        f"{peak:.0f} a second at best; of {3 * peak:.0f} offered, {good:.0f} answered ({good / peak:.0%}); refusals: p99 "
        f"{max(refusals, default=0):.0f} ms; {answered:.1%} of checks answered; {grown:+.0f} MiB; five seconds later p99 "
        f"{after['p99_us'] / 1e3:.1f} ms ({quiet['p99_us'] / 1e3:.1f} before)"
    )
    holds = (
        good >= 0.8 * peak
        and not alien
        and found["failures"] == 0
        and max(refusals, default=0) <= 100
        and answered >= 0.99
        and grown <= ROOM_MIB
        and set(after["statuses"]) == {"200"}
        and after["p99_us"] <= max(2 * quiet["p99_us"], 50_000)
    )
    return holds, figure


class _Sends:
    """Loads one tenant's edge from processors of its own."""

    def __init__(self, installation, tenant, processors):
        self._url = f"http://127.0.0.1:{installation.port}"
        self._tenant, self._processors, self._first = tenant, processors, 41760000000

    def _command(self, path, body, **flags):
        command = [BENCH / "floor" / "target" / "release" / "rate", "--url", self._url + path, "--body", json.dumps(body)]
        command += ["--header", f"authorization: App {self._tenant.key}", "--header", "content-type: application/json"]
        return [str(word) for word in command + [word for name, value in flags.items() for word in (f"--{name}", value)]]

    def _begin(self, command):
        away = partial(os.sched_setaffinity, 0, self._processors)
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=away)

    def ask(self, connections, seconds=60, requests=None, rate=None, collect=None):
        body = {"applicationId": self._tenant.application, "messageId": self._tenant.message, "to": "{n}"}
        flags = {"connections": connections, "seconds": seconds, "first": self._first}
        flags |= {"requests": requests} if requests else {}
        flags |= {"per-second": int(rate)} if rate else {}
        flags |= {"collect": "pinId", "out": collect} if collect else {}
        self._first += 2_000_000
        return json.loads(self._begin(self._command("/2fa/2/pin", body, **flags)).communicate(timeout=seconds + 60)[0])

    def begin_checks(self, ids):
        flags = {"connections": 16, "seconds": SECONDS, "per-second": CHECKS_PER_SECOND, "ids": ids}
        return self._begin(self._command("/2fa/2/pin/{id}/verify", {"pin": "x00000"}, **flags))


def _memory_mib(installation):
    (_, _, process) = installation.processes[-1]
    line = next(line for line in Path(f"/proc/{process.pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024

"""The two load generators: wrk for as much as goes, `rate` for a fixed rate and for filling a store."""

import json
import re
import shutil
import subprocess

from harness import cpu
from harness.places import BENCH, OUT, Failure

CONNECTIONS = 64
_UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}


def check_programs():
    if shutil.which("wrk") is None:
        raise Failure("wrk is missing; on Debian and Ubuntu: apt-get install wrk")


def _milliseconds(text):
    number, unit = re.match(r"([\d.]+)(\w+)", text).groups()
    return float(number) * _UNITS[unit]


def _headers(side, flag):
    headers = {"content-type": "application/json"} | side.headers
    return [word for name, value in headers.items() for word in (flag, f"{name}: {value}")]


def wrk(side, request, start, seconds, ids=None):
    """As many requests as the side answers; says what each cost its processes."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "--timeout", "5s"]
    command += ["-s", str(BENCH / "load.lua"), *_headers(side, "-H"), side.url, "--"]
    command += [request.path, request.body, str(start), str(ids) if ids else "-"]
    calls, meter = side.redis.command_calls(), cpu.Meter(side.processes())
    outcome = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 30, check=False)
    text = outcome.stdout
    if outcome.returncode != 0 or "Requests/sec" not in text:
        raise Failure(f"wrk failed: {outcome.stderr or text}")
    requests = int(re.search(r"(\d+) requests in", text).group(1))
    used = meter.read(requests)
    after = side.redis.command_calls()
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    broken = re.search(r"Socket errors: (.*)", text)
    return used | {
        "requests": requests,
        "per_second": float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1)),
        "p50_ms": _milliseconds(re.search(r"(?m)^\s+50%\s+(\S+)", text).group(1)),
        "p99_ms": _milliseconds(re.search(r"(?m)^\s+99%\s+(\S+)", text).group(1)),
        "refused": int(refused.group(1)) if refused else 0,
        "socket_errors": broken.group(1) if broken else "",
        "redis_commands": {
            name: round((count - calls.get(name, 0)) / max(requests, 1), 3)
            for name, count in after.items()
            if count - calls.get(name, 0) > requests / 100
        },
    }


def rate(side, request, first, *, requests=None, seconds=60, per_second=None, ids=None, collect=None, fields="pinId"):
    """A fixed rate, or with no rate as fast as connections free up. `collect` is a file for `fields` of the answers."""
    command = [side.tool("rate"), "--url", side.url + request.path, "--body", request.body, "--first", first]
    command += ["--seconds", seconds, "--connections", CONNECTIONS, *_headers(side, "--header")]
    for name, value in (("requests", requests), ("per-second", per_second), ("ids", ids)):
        command += [f"--{name}", value] if value is not None else []
    command += ["--collect", fields, "--out", collect] if collect else []
    meter = cpu.Meter(side.processes())
    words = [str(word) for word in command]
    outcome = subprocess.run(words, capture_output=True, text=True, timeout=seconds + 60, check=False)
    if outcome.returncode != 0:
        raise Failure(f"rate failed: {outcome.stderr.strip()}")
    found = json.loads(outcome.stdout)
    return found | meter.read(found["requests"])


def rate_command(side, request, headers, first, requests, connections):
    """The command of a load that one tenant sends as fast as its connections free up."""
    command = [side.tool("rate"), "--url", side.url + request.path, "--body", request.body, "--first", first]
    command += ["--seconds", 300, "--connections", connections, "--requests", requests]
    for name, value in (headers | {"content-type": "application/json"}).items():
        command += ["--header", f"{name}: {value}"]
    return command


def all_accepted(found):
    """Whether a load of `rate` was answered with nothing but 200."""
    return found["failures"] == 0 and set(found["statuses"]) <= {"200"}


def fill(side, first, count, collect=None, seconds=300, fields="pinId"):
    """Sends to `count` fresh numbers and insists that each was accepted."""
    found = rate(side, side.send, first, requests=count, seconds=seconds, collect=collect, fields=fields)
    if not all_accepted(found) or found["requests"] < count:
        raise Failure(f"{side.name} accepted not all of {count} sends: {found}\n{side.last_words()}")
    return found


def ids_file(side):
    return OUT / f"{side.name}-pins.txt"

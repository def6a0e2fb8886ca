"""How many commands a request sends to Redis. A monitor tells the commands of clients from those scripts run inside."""

import http.client
import time
from collections import Counter

from harness import loads
from harness.places import Failure
from harness.progress import say
from harness.redis_link import Monitor

_REQUESTS = 200


def count(bench):
    found = {"send": {}, "verify": {}}
    for side in bench.sides:
        say(f"round trips: {side.name}")
        side.fresh()
        loads.fill(side, bench.numbers.take(_REQUESTS), _REQUESTS, collect=loads.ids_file(side))
        ids = loads.ids_file(side).read_text().split()
        first = bench.numbers.take(_REQUESTS)
        found["send"][side.name] = _watch(side, side.send, range(first, first + _REQUESTS))
        found["verify"][side.name] = _watch(side, side.guess_wrong, ids)
    return found


def _watch(side, request, values):
    with Monitor(side.redis.url) as monitor:
        time.sleep(1)
        idle = Counter(monitor.commands)
        started = time.monotonic()
        _ask_each(side, request, values)
        spent = time.monotonic() - started
        time.sleep(0.2)
        during = Counter(monitor.commands) - idle
    # What the processes do anyway, once a second or so, is not the requests' doing.
    own = {name: max(0, calls - idle[name] * (spent + 0.2)) / len(values) for name, calls in during.items()}
    commands = {name: round(calls, 2) for name, calls in own.items() if calls >= 0.005}
    # Events of guesses are appended behind the answer: no client waits for them, and under load many go together.
    awaited = {name: calls for name, calls in own.items() if name.upper() != "XADD"}
    return {"commands": commands, "per_request": round(sum(awaited.values()), 2)}


def _ask_each(side, request, values):
    connection = http.client.HTTPConnection(side.url.removeprefix("http://"), timeout=10)
    headers = side.headers | {"content-type": "application/json"}
    for value in values:
        path, body = (text.replace("{n}", str(value)).replace("{id}", str(value)) for text in (request.path, request.body))
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise Failure(f"{side.name}: POST {path} answered {answer.status}: {text.decode(errors='replace')}")
    connection.close()

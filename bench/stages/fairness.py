"""What a tenant at 2/s waits from acceptance to its provider: alone, beside one flood in its partition, beside many anywhere."""

import http.server
import json
import subprocess
import threading
import time
import urllib.request

from harness.loads import rate_command
from harness.progress import say
from stages.worker import until_quiet

_PARTITION = 0
_EVERY = 0.5


class _Provider(http.server.BaseHTTPRequestHandler):
    """Notes when each number's message arrives."""

    arrived = {}
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.arrived.setdefault(body["to"].lstrip("+"), []).append(time.monotonic())
        answer = b'{"id":"1"}'
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def modest_tenant(bench):
    plan, side = bench.plan, bench.pinfold
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        side.fresh()
        modest = side.tenant_beside("modest", _PARTITION, f"http://127.0.0.1:{server.server_port}/messages")
        one = [side.tenant_beside("flood", _PARTITION, bench.sink.url)]
        many = [side.tenant_beside(f"many-{number}", None, bench.sink.url) for number in range(plan.fairness_tenants)]
        side.start_worker()
        found = {}
        for what, floods in (("quiet", []), ("one", one), ("many", many)):
            found[what] = _measure(bench, side, modest, floods)
            say(f"fairness, {what}: {found[what]}")
        side.stop_worker()
        return found
    finally:
        server.shutdown()


def _measure(bench, side, modest, floods):
    plan = bench.plan
    each = plan.fairness_sends // max(len(floods), 1)
    bench.sink.reset()
    loads = []
    for headers, request in floods:
        connections = max(64 // len(floods), 1)
        words = rate_command(side, request, headers, bench.numbers.take(each), each, connections)
        loads.append(subprocess.Popen([str(word) for word in words], stdout=subprocess.PIPE, text=True))
    accepted, start = {}, time.monotonic()
    while time.monotonic() < start + plan.fairness_seconds or any(load.poll() is None for load in loads):
        number = str(bench.numbers.take(1))
        accepted[number] = _send(side, modest, number)
        time.sleep(_EVERY)
    statuses = [json.loads(load.communicate()[0])["statuses"] for load in loads]
    until_quiet(side)
    arrived = _Provider.arrived
    waits = sorted(max(arrived[number][0] - at, 0) for number, at in accepted.items() if number in arrived)
    return {
        "sent": len(accepted),
        "lost": len(accepted) - len(waits),
        "twice": sum(len(arrived.get(number, ())) > 1 for number in accepted),
        "p50_ms": 1e3 * waits[len(waits) // 2],
        "p95_ms": 1e3 * waits[int(len(waits) * 0.95)],
        "flooded": sum(status.get("200", 0) for status in statuses),
        "flood_arrived": bench.sink.read()["messages"],
    }


def _send(side, modest, number):
    headers, request = modest
    body = request.body.replace("{n}", number).encode()
    sent = urllib.request.Request(side.url + request.path, body, headers | {"content-type": "application/json"})
    with urllib.request.urlopen(sent, timeout=10) as answer:
        answer.read()
    return time.monotonic()

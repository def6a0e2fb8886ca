"""Gives the demo tenant what a tenant has after some weeks: applications, providers with prices, and a history to look at.

It asks the API for the first and lets history.sql write the second; a tenant that has a history already is left alone.
"""

import http.client
import json
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit

from checkout import Failure, say

DAYS = 28
TRIES = 8
SCRIPT = Path(__file__).with_suffix(".sql")
APPLICATIONS = ("Customer sign-in", "Payments")
CONNECTIONS = ("Alpine Messaging", "Northwind SMS", "Globe Gateway")
# Where each provider is used, and what a message costs there, in millionths of a euro.
ROUTES = {"41": ((0, 52_000), (1, 58_000)), "49": ((1, 68_000), (0, 75_000)), "43": ((1, 61_000),), "1": ((2, 9_000),)}


def prepare(base, key):
    """Makes by the API what is not there yet."""
    there = {one["name"] for one in _ask(base, key, "GET", "/2fa/2/applications")}
    for name in APPLICATIONS:
        if name not in there:
            _ask(base, key, "POST", "/2fa/2/applications", {"name": name})
    known = {one["name"]: one["id"] for one in _ask(base, key, "GET", "/v1/connections")["connections"]}
    for name in CONNECTIONS:
        if name not in known:
            known[name] = _ask(base, key, "POST", "/v1/connections", {"name": name, "provider": {"kind": "simulator"}})["id"]
    routed = {route["prefix"] for route in _ask(base, key, "GET", "/v1/routes")["routes"] if route["channel"] == "sms"}
    for prefix, legs in ROUTES.items():
        if prefix not in routed:
            legs = [{"connectionId": known[CONNECTIONS[nth]], "priceMicros": micros, "currency": "EUR"} for nth, micros in legs]
            _ask(base, key, "PUT", f"/v1/routes/sms/{prefix}", {"strategy": "ranked", "legs": legs})


def write(psql, owner_url, days=DAYS):
    """Writes the history, unless there is one."""
    count = "SELECT count(*) FROM verifications AS v JOIN tenants AS t ON t.id = v.tenant_id WHERE t.slug = 'demo'"
    if int(_run(psql, owner_url, "--command", count)) < 200:
        say(_run(psql, owner_url, "--set", f"days={days}", "--file", str(SCRIPT)).splitlines()[-1])


def _run(psql, url, *arguments):
    command = [psql, url, "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        raise Failure(f"The demo's history could not be written:\n{done.stderr}")
    return done.stdout.strip()


def _ask(base, key, method, path, body=None):
    """A busy machine answers 503 at first; then it is asked again."""
    for patience in range(1, TRIES + 1):
        status, text = _once(base, key, method, path, body)
        if status < 300:
            return json.loads(text)
        if status != 503 or patience == TRIES:
            raise Failure(f"{method} {path} was answered with {status}: {text.decode(errors='replace')}")
        time.sleep(patience)


def _once(base, key, method, path, body):
    connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=20)
    try:
        headers = {"Authorization": f"App {key}", "Content-Type": "application/json"}
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()

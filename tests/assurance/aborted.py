"""Clients of two tenants go away at random points of their requests, while others of the same tenants ask and look whose answer came."""

import collections
import http.client
import itertools
import json
import random
import socket
import threading
import time

from checkout import Failure, say
from installation import Installation
from tenant import Tenant

ABORTS, GOING, STAYING = 20_000, 12, 6


def measure(program):
    with Installation(program, "split") as installation:
        tenants = [Tenant(installation, slug) for slug in ("anna", "bert")]
        for tenant, marker in zip(tenants, ("marker-of-anna", "marker-of-bert"), strict=True):
            tenant.marker = marker
            tenant.call("POST", "/2fa/2/applications", {"name": marker})
        done, turns, seen = threading.Event(), itertools.count(), collections.Counter()
        going = [threading.Thread(target=_go_away, args=[installation.port, tenants, turns, seen]) for _ in range(GOING)]
        staying = [threading.Thread(target=_stay, args=[tenants[n % 2], tenants[1 - n % 2], done, seen]) for n in range(STAYING)]
        for thread in going + staying:
            thread.start()
        for thread in going:
            thread.join()
        done.set()
        for thread in staying:
            thread.join()
        installation.check_alive()
    figure = (
        f"{seen['gone']} requests given up, {seen['own']} answers read, {seen['refused']} refusals: {seen['foreign']} with the other's marker, "
        f"{seen['torn']} out of step"
    )
    return seen["gone"] >= ABORTS and seen["own"] > 1_000 and seen["foreign"] == seen["torn"] == 0, figure


def _go_away(port, tenants, turns, seen):
    """Writes some of a request, or all of it, reads some of the answer, or nothing, and is gone."""
    while next(turns) < ABORTS:
        request = _request(random.choice(tenants)) * random.choice((1, 1, 3))
        with socket.create_connection(("127.0.0.1", port), timeout=30) as link:
            whole = random.random() < 0.7
            link.sendall(request if whole else request[: random.randrange(1, len(request))])
            if whole:
                time.sleep(random.uniform(0, 0.004))
                if random.random() < 0.3:
                    link.recv(random.randrange(1, 400))
            # No polite end: what is unread is thrown away.
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        seen["gone"] += 1


def _request(tenant):
    path, body = random.choice((("/2fa/2/applications", None), ("/2fa/2/pin", tenant.next_number())))
    if body:
        body = json.dumps({"applicationId": tenant.application, "messageId": tenant.message, "to": body})
        return tenant.written("POST", path, body.encode())
    return tenant.written("GET", path, b"")


def _stay(tenant, other, done, seen):
    """Asks over connections that are kept, and knows its own answers."""
    connection = tenant.connect()
    while not done.is_set():
        number = tenant.next_number()
        body = {"applicationId": tenant.application, "messageId": tenant.message, "to": number}
        for method, path, sent, own in (
            ("GET", "/2fa/2/applications", None, tenant.marker),
            ("POST", "/2fa/2/pin", body, number),
        ):
            try:
                status, answer = tenant.exchange(connection, method, path, sent)
            except http.client.HTTPException as error:
                raise Failure(f"an answer that is none: {error!r}") from error
            text = answer.decode(errors="replace")
            if other.marker in text:
                seen["foreign"] += 1
            elif status in (429, 503):
                # Too much at once: said, and to the one who asked.
                seen["refused"] += 1
            elif status != 200 or own not in text:
                seen["torn"] += 1
                say(f"out of step: {method} {path} was answered {status}: {text[:200]}")
            else:
                seen["own"] += 1

"""The gateway is killed at 200 random moments while clients send and repeat with the same idempotency key until answered."""

import http.client
import itertools
import os
import random
import signal
import threading
import time
import uuid

from installation import Installation
from provider import Provider
from tenant import Tenant
from waiting import until_nothing_comes

KILLS, THREADS = 200, 8


def measure(program):
    with Installation(program, "split", {"PINFOLD__DELIVERY__ALLOW_LOOPBACK": "true"}) as installation, Provider() as provider:
        tenant = Tenant(installation, "impatient")
        tenant.route_sms(provider.url)
        done, pins, repeated = threading.Event(), {}, itertools.count()
        clients = [threading.Thread(target=_client, args=[tenant, done, pins, repeated]) for _ in range(THREADS)]
        for client in clients:
            client.start()
        for _ in range(KILLS):
            _kill(installation)
        done.set()
        for client in clients:
            client.join()
        until_nothing_comes(provider, len(pins))
    lost = sum(number not in provider.came for number in pins)
    twice, repeats = provider.messages() - provider.numbers(), next(repeated)
    figure = f"{KILLS} kills, {len(pins)} keys, {repeats} requests repeated: {lost} lost, {twice} messages too many"
    return repeats >= KILLS / 2 and lost == 0 and twice == 0 and provider.numbers_with_two_pins() == 0, figure


def _client(tenant, done, pins, repeated):
    connection = None
    while not done.is_set():
        number, key = tenant.next_number(), uuid.uuid4().hex
        while number not in pins:
            try:
                connection = connection or tenant.connect()
                pins[number] = tenant.send_once(connection, number, key)["pinId"]
            except (OSError, http.client.HTTPException):
                next(repeated)
                connection = None
                time.sleep(0.02)


def _kill(installation):
    """Kills the gateway at some moment and starts it again; it is there when it takes connections."""
    row = next(row for row in installation.processes if row[0] == "gateway")
    time.sleep(random.uniform(0.0, 0.3))
    os.kill(row[2].pid, signal.SIGKILL)
    row[2].wait()
    installation.processes.remove(row)
    installation.serve_edge()
    installation.wait_until_ready()

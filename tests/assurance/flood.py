"""One tenant floods 50 000 sends: what another one at two a second waits from acceptance to its provider."""

import threading
import time

from installation import Installation
from provider import Provider
from tenant import Sends, Tenant
from waiting import until_nothing_comes

FLOOD, QUIET_SECONDS = 50_000, 20.0
SETTINGS = {
    "PINFOLD__DELIVERY__ALLOW_LOOPBACK": "true",
    # Both in one stream: the worst case.
    "PINFOLD__REDIS__PARTITIONS": "1",
    "PINFOLD__REDIS__BACKLOG": "200000",
    "PINFOLD__REDIS__TENANT_BACKLOG_PERCENT": "90",
}


def measure(program):
    with Installation(program, "split", SETTINGS) as installation, Provider() as provider, Provider(0.01) as flooded:
        modest, greedy = Tenant(installation, "modest"), Tenant(installation, "greedy")
        modest.route_sms(provider.url)
        greedy.route_sms(flooded.url)
        quiet = modest.send(int(QUIET_SECONDS * 2), 2, threads=2)
        # As fast as they are answered.
        flood, sent = threading.Thread(target=lambda: sent.append(greedy.send(FLOOD, 1e9, threads=24))), []
        flood.start()
        beside = Sends({}, {})
        while flood.is_alive() or flooded.numbers() < len(sent[0].accepted):
            beside.accepted |= modest.send(4, 2, threads=2).accepted
        until_nothing_comes(provider, len(quiet.accepted) + len(beside.accepted))
        time.sleep(1)
    accepted = len(sent[0].accepted)
    lost = accepted - flooded.numbers() + len(quiet.accepted) + len(beside.accepted) - provider.numbers()
    alone, besides = _p95(provider, quiet), _p95(provider, beside)
    figure = (
        f"{accepted} of the flood accepted; 95 % of the other's within {besides * 1e3:.0f} ms ({len(beside.accepted)} sends), "
        f"{alone * 1e3:.0f} ms when it is quiet; {lost} lost"
    )
    return accepted == FLOOD and lost == 0 and besides <= max(2.0, 2 * alone), figure


def _p95(provider, sends):
    waits = sorted(max(provider.came[number][0][0] - at, 0.0) for number, at in sends.accepted.items())
    return waits[int(len(waits) * 0.95)]

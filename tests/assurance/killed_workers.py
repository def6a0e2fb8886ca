"""Workers are killed every three seconds during 20 000 sends: nothing is lost, and no more comes twice than was in hand."""

import os
import signal
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))
from harness.redis_link import RedisLink
from installation import Installation
from ports import free_port
from provider import Provider
from tenant import Tenant
from waiting import until_nothing_comes

SENDS, PER_SECOND, EVERY, PARTITIONS = 20_000, 500, 3.0, 16


def measure(program):
    settings = {"PINFOLD__DELIVERY__ALLOW_LOOPBACK": "true", "PINFOLD__REDIS__PARTITIONS": str(PARTITIONS)}
    with Installation(program, "split", settings) as installation, Provider(delay_seconds=0.02) as provider:
        installation.serve("dispatch", free_port())
        tenant = Tenant(installation, "killed")
        tenant.route_sms(provider.url)
        done, killed = threading.Event(), []
        killer = threading.Thread(target=_kill, args=[installation, done, killed])
        killer.start()
        sends = tenant.send(SENDS, PER_SECOND)
        done.set()
        killer.join()
        until_nothing_comes(provider, len(sends.accepted))
    accepted = len(sends.accepted)
    lost = sum(number not in provider.came for number in sends.accepted)
    twice, mixed, in_hand = provider.messages() - provider.numbers(), provider.numbers_with_two_pins(), sum(killed)
    figure = (
        f"{accepted} accepted, {len(killed)} kills with {in_hand} messages in hand in all: {lost} lost, "
        f"{twice} delivered twice, {mixed} with two PINs"
    )
    return accepted == SENDS and len(killed) >= 5 and lost == 0 and twice <= in_hand and mixed == 0, figure


def _kill(installation, done, killed):
    """Kills the older of two workers, starts another one, and notes how many messages anybody had in hand."""
    url = installation.settings["PINFOLD__REDIS__URL"]
    while not done.wait(EVERY):
        row = next(row for row in installation.processes if row[0] == "dispatch")
        before = _in_hand(url)
        os.kill(row[2].pid, signal.SIGKILL)
        row[2].wait()
        # What it took between the look and its end counts too.
        killed.append(max(before, _in_hand(url)))
        installation.processes.remove(row)
        # On the same port, which the gateway knows.
        installation.serve("dispatch", row[1])


def _in_hand(url):
    with RedisLink(url) as redis:
        waiting = 0
        for partition in range(PARTITIONS):
            stream = f"pf:{{{partition:02}}}:jobs"
            if redis.call("EXISTS", stream) and redis.call("XINFO", "GROUPS", stream):
                waiting += redis.call("XPENDING", stream, "dispatch")[0]
        return waiting

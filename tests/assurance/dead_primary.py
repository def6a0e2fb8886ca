"""The first of two providers is dead: how many of 10 000 accepted sends the other one has within 30 seconds. Half of them
while it refuses connections, half while it takes them and never says a word."""

import socket

from installation import Installation
from provider import Provider
from tenant import Tenant
from waiting import until_nothing_comes

SENDS, PER_SECOND, WITHIN = 10_000, 400, 30.0


def measure(program):
    settings = {"PINFOLD__DELIVERY__ALLOW_LOOPBACK": "true"}
    with Installation(program, "split", settings) as installation, Provider() as alive, socket.socket() as dead:
        # Bound and not listening: every connection is refused, and nobody else takes the port.
        dead.bind(("127.0.0.1", 0))
        tenant = Tenant(installation, "two-providers")
        tenant.route_sms(f"http://127.0.0.1:{dead.getsockname()[1]}/messages", alive.url)
        sends = tenant.send(SENDS // 2, PER_SECOND)
        dead.listen(1024)
        sends.accepted |= tenant.send(SENDS // 2, PER_SECOND).accepted
        until_nothing_comes(alive, len(sends.accepted))
    waits = [alive.came[number][0][0] - at for number, at in sends.accepted.items() if number in alive.came]
    in_time = sum(wait <= WITHIN for wait in waits)
    lost, accepted = len(sends.accepted) - len(waits), len(sends.accepted)
    share, mixed = in_time / max(accepted, 1), alive.numbers_with_two_pins()
    waits.sort()
    figure = (
        f"{accepted} accepted, {share:.2%} delivered within {WITHIN:.0f} s (99 % within {waits[int(len(waits) * 0.99)]:.1f} s), "
        f"{lost} lost, {mixed} with two PINs, {alive.messages() - len(waits)} delivered twice"
    )
    return accepted == SENDS and share >= 0.99 and lost == 0 and mixed == 0, figure

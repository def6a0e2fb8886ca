"""50 000 sends without faults, and some to a provider that takes three seconds, with eight workers: each is delivered once."""

from installation import Installation
from ports import free_port
from provider import Provider
from tenant import Tenant
from waiting import until_nothing_comes

QUICK, SLOW, WORKERS, PER_SECOND = 50_000, 5_000, 8, 1_000


def measure(program):
    settings = {"PINFOLD__DELIVERY__ALLOW_LOOPBACK": "true", "PINFOLD__REDIS__BACKLOG": "200000"}
    settings["PINFOLD__REDIS__TENANT_BACKLOG_PERCENT"] = "90"
    with Installation(program, "split", settings) as installation, Provider() as quick, Provider(delay_seconds=3.0) as slow:
        for _ in range(WORKERS - 1):
            installation.serve("dispatch", free_port())
        prompt, patient = Tenant(installation, "prompt"), Tenant(installation, "patient")
        prompt.route_sms(quick.url)
        patient.route_sms(slow.url)
        sends = prompt.send(QUICK, PER_SECOND), patient.send(SLOW, PER_SECOND)
        until_nothing_comes(quick, QUICK)
        until_nothing_comes(slow, SLOW)
    accepted = sum(len(each.accepted) for each in sends)
    lost = accepted - quick.numbers() - slow.numbers()
    twice = quick.messages() + slow.messages() - quick.numbers() - slow.numbers()
    figure = f"{accepted} accepted, {SLOW} of them at 3 s each, {WORKERS} workers: {lost} lost, {twice} delivered twice"
    return accepted == QUICK + SLOW and lost == 0 and twice == 0, figure

"""What a send costs in each dialect, each right beside the same send in the native one: a shared machine's speed drifts by more
than what is measured."""

import base64

from harness import loads
from harness.progress import say
from harness.side import Request


# Many short pairs: what one of them says differs by a seventh either way.
_TURNS = 4


class _Client:
    """A side as a client of one dialect speaks to it."""

    def __init__(self, side, headers):
        self._side = side
        self.headers = headers

    def __getattr__(self, name):
        return getattr(self._side, name)


def sends(bench):
    side = bench.pinfold
    side.fresh()
    clients = _clients(side)
    for client, request in clients.values():
        _run(bench, client, request, 1)
    native = clients.pop("native")
    found = {name: {"native": [], "dialect": []} for name in clients}
    for turn in range(_TURNS * bench.plan.pairs):
        for name, client in clients.items():
            pair = [("native", native), ("dialect", client)]
            for part, spoken in pair if turn % 2 == 0 else reversed(pair):
                found[name][part].append(_run(bench, *spoken, bench.plan.seconds // 4 or 1))
            native_us, dialect_us = (_cost(found[name][part][-1]) for part in ("native", "dialect"))
            say(f"dialects {turn + 1}/{_TURNS * bench.plan.pairs}: {name:8s} {dialect_us:.1f} us beside {native_us:.1f} us, server and Redis")
    return found


def _cost(seen):
    return sum(seen["cpu_us"][part] for part in ("server", "redis"))


def _run(bench, client, request, seconds):
    # Streams are not drained meanwhile: an emptied Redis keeps the runs alike.
    client.redis.empty()
    return loads.wrk(client, request, bench.numbers.take(400_000), seconds)


def _clients(side):
    """Name of the dialect → who speaks it and a send."""
    application, slug = side.tenant.application.id, "bench-dialects"
    key = side.key_of(application, slug)
    bearer = {"authorization": f"Bearer {key}"}
    basic = {"authorization": "Basic " + base64.b64encode(f"anyone:{key}".encode()).decode()}
    form = basic | {"content-type": "application/x-www-form-urlencoded"}
    workflow = '[{"channel":"sms","to":"{n}"}]'
    return {
        "native": (_Client(side, {"authorization": f"App {key}"}), side.send),
        "otp_v1": (_Client(side, bearer), Request("/v1/otp", '{"to":"{n}"}')),
        "8x8 v1": (_Client(side, bearer), Request(f"/verify/v1/{slug}", '{"destination":"{n}"}')),
        "8x8 v2": (_Client(side, bearer), Request(f"/api/v2/subaccounts/{slug}/sessions", '{"destination":"{n}"}')),
        "iprog": (
            _Client(side, {}),
            Request("/api/v1/otp/send_otp", f'{{"api_token":"{key}","phone_number":"{{n}}"}}'),
        ),
        # Braces of a placeholder of the text are written so that the load takes them for none of its own.
        "camara": (
            _Client(side, bearer),
            Request("/one-time-password-sms/v1/send-code", '{"phoneNumber":"+{n}","message":"Code \\u007b\\u007bcode}}"}'),
        ),
        "twilio": (
            _Client(side, form),
            Request(f"/v2/Services/VA{application.lower()}/Verifications", "To=%2B{n}&Channel=sms"),
        ),
        "vonage": (_Client(side, basic), Request("/v2/verify", f'{{"brand":"ACME","workflow":{workflow}}}')),
    }

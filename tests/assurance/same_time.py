"""What an answer's time tells: pairs of requests that differ in one secret, asked in turn, and their times compared."""

import json
import random
import secrets
import subprocess
import time

import compared
from installation import Installation
from provider import Provider
from tenant import Tenant
from waiting import until_nothing_comes

PAIRS, PINS, SIGN_INS = 2_000, 5_000, 300
SETTINGS = {"PINFOLD__DELIVERY__ALLOW_LOOPBACK": "true"}
# Guesses are neither throttled nor used up within this measurement.
_PATIENT = {"pinAttempts": 10, "verifyPinLimit": "100/1s", "pinTimeToLive": "15m", "sendPinPerApplicationLimit": "100000000/1d"}


def existence(program):
    """Another tenant's living PIN beside one that never was."""
    with Installation(program, "all", SETTINGS) as installation, Provider() as provider:
        owner, stranger = Tenant(installation, "owner"), Tenant(installation, "stranger")
        owner.route_sms(provider.url)
        connection = owner.connect()
        pins = [owner.send_once(connection, owner.next_number(), secrets.token_hex(8))["pinId"] for _ in range(200)]
        ask = _timed(stranger, stranger.connect(), {404})
        for pin in pins:
            ask(pin, "123456")
        there, nowhere = [], []
        for turn in range(PAIRS):
            pair = [(there, pins[turn % len(pins)]), (nowhere, secrets.token_hex(16).upper())]
            random.shuffle(pair)
            for times, pin in pair:
                times.append(ask(pin, "123456"))
    return compared.judge([("living against never", there, nowhere)], PAIRS)


def positions(program):
    """A guess whose first, last or every digit is wrong."""
    with Installation(program, "all", SETTINGS) as installation, Provider() as provider:
        tenant = Tenant(installation, "guesser")
        made = tenant.call("POST", "/2fa/2/applications", {"name": "Patient", "configuration": _PATIENT})
        template = {"messageText": "Your PIN is {{pin}}", "pinType": "NUMERIC", "pinLength": 6}
        tenant.application = made["applicationId"]
        tenant.message = tenant.call("POST", f"/2fa/2/applications/{tenant.application}/messages", template)["messageId"]
        tenant.route_sms(provider.url)
        connection, ids = tenant.connect(), {}
        for _ in range(PINS):
            number = tenant.next_number()
            ids[number] = tenant.send_once(connection, number, secrets.token_hex(8))["pinId"]
        until_nothing_comes(provider, PINS)
        ask = _timed(tenant, connection, {200})
        first, last, whole = [], [], []
        for number, pin_id in ids.items():
            pin = provider.came[number][0][1]
            guesses = [(first, _other(pin[0]) + pin[1:]), (last, pin[:-1] + _other(pin[-1])), (whole, "".join(map(_other, pin)))]
            random.shuffle(guesses)
            for times, guess in guesses:
                times.append(ask(pin_id, guess))
    return compared.judge([("first against last digit", first, last), ("first digit against all", first, whole)], PINS)


def sign_ins(program):
    """A wrong password of somebody beside one of nobody."""
    with Installation(program, "all", SETTINGS) as installation:
        email, servers = installation.demo["CONSOLE_EMAIL"], installation.services.variables()
        psql = [servers["PSQL"], "--quiet", "--no-psqlrc", servers["DATABASE_OWNER_URL"], "--command"]
        connection = Tenant(installation, "signer").connect()
        known, unknown = [], []
        for turn in range(SIGN_INS + 5):
            pair = [(known, email), (unknown, f"nobody-{turn}@example.com")]
            random.shuffle(pair)
            for times, who in pair:
                times.append(_sign_in(connection, who))
            # Otherwise the address has had its five failures.
            subprocess.run([*psql, "DELETE FROM person_attempts"], stdin=subprocess.DEVNULL, check=True)
    # The first ones pay for what is done once.
    return compared.judge([("known against unknown", known[5:], unknown[5:])], SIGN_INS)


def _timed(tenant, connection, expected):
    def ask(pin_id, guess):
        begin = time.perf_counter()
        status, answer = tenant.exchange(connection, "POST", f"/2fa/2/pin/{pin_id}/verify", {"pin": guess})
        took = time.perf_counter() - begin
        assert status in expected, f"{status}: {answer}"
        return took

    return ask


def _sign_in(connection, email):
    body = json.dumps({"email": email, "password": "not the password"})
    begin = time.perf_counter()
    connection.request("POST", "/v1/session", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    text = answer.read()
    took = time.perf_counter() - begin
    assert answer.status == 401, f"{answer.status}: {text}"
    return took


def _other(digit):
    return str((int(digit) + random.randint(1, 9)) % 10)

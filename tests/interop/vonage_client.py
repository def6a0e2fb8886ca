"""Vonage's own Python client (vonage 4.9.1) drives a running installation; only its host changes. It speaks https alone, so a
listener with a certificate of a private authority stands before the installation.

    .dev/venv/bin/python tests/interop/vonage_client.py [ENV_FILE]
"""

import logging
import os
import tempfile
import time

import vonage_listener
from installation_under_test import new_address, new_number, pin_in, run, same, step, wrong
from vonage import Auth, HttpClientOptions, Vonage
from vonage_http_client.errors import AuthenticationError, HttpRequestError, NotFoundError, RateLimitedError
from vonage_verify import EmailChannel, SmsChannel, VerifyRequest, VoiceChannel

UNKNOWN = "c11236f4-00bf-4b89-84ba-88b25df97315"
SETTLING_STEPS = 50


def client(target, key=None, secret=None):
    """The vendor's client with an API key's name and secret."""
    auth = Auth(api_key=key or target.values["VONAGE_API_KEY"], api_secret=secret or target.values["VONAGE_API_SECRET"])
    return Vonage(auth, HttpClientOptions(api_host=target.listener.host, max_retries=1)).verify


def fresh(target, **configuration):
    """A client whose credential belongs to a new application with these limits."""
    limits = {"verifyPinLimit": "100/1s", "sendPinPerPhoneNumberLimit": "20/1h"} | configuration
    made = target.request("POST", "/2fa/2/applications", json={"name": "Vonage", "configuration": limits}).json()
    body = {"name": "Vonage", "defaultApplicationId": made["applicationId"]}
    key = target.request("POST", "/settings/2/api-keys", json=body).json()
    return client(target, "any", key["apiKeySecret"])


def sms(to, **more):
    return VerifyRequest(brand="ACME", workflow=[SmsChannel(to=to)], **more)


class refused:
    """Wants the client's own typed error with this status and the vendor's title."""

    def __init__(self, kind, status, title, what):
        self.kind, self.status, self.title, self.what = kind, status, title, what
        self.body = None

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _):
        assert error is not None, f"{self.what} was not refused"
        if not isinstance(error, HttpRequestError):
            return False
        assert isinstance(error, self.kind), f"{self.what}: {type(error).__name__} {error}"
        same(error.response.status_code, self.status, self.what)
        self.body = error.response.json()
        same(self.body["title"], self.title, f"{self.what}, the title")
        assert {"type", "title", "detail", "instance"} <= set(self.body), f"{self.what}: {self.body}"
        assert "#" in self.body["type"], self.body
        return True


def happy(target):
    verify, to = fresh(target), new_number()
    started = verify.start_verification(sms(to, client_ref="ref1", code_length=6, locale="en-us"))
    text = target.wait_for_messages(to, 1)[0]["text"]
    pin = pin_in(text)
    same((len(pin), "ACME" in text), (6, True), f"the text {text!r}")
    answer = verify.check_code(started.request_id, pin)
    same((answer.request_id, answer.status), (started.request_id, "completed"), "the check")
    with refused(NotFoundError, 404, "Not Found", "a code that was used"):
        verify.check_code(started.request_id, pin)
    step("a code is sent and checked once")


def workflow(target):
    verify, to, mail = fresh(target), new_number(), new_address()
    channels = [SmsChannel(to=to, **{"from_": "Acme"}), EmailChannel(to=mail), VoiceChannel(to=to)]
    started = verify.start_verification(VerifyRequest(brand="ACME", workflow=channels, channel_timeout=120, code_length=6))
    pin = pin_in(target.wait_for_messages(to, 1)[0]["text"])
    verify.trigger_next_workflow(started.request_id)
    same(pin_in(target.wait_for_messages(mail, 1)[0]["text"]), pin, "the code by e-mail")
    verify.trigger_next_workflow(started.request_id)
    target.wait_for_messages(to, 2)
    with refused(HttpRequestError, 409, "Conflict", "a channel after the last"):
        verify.trigger_next_workflow(started.request_id)
    same(verify.check_code(started.request_id, pin).status, "completed", "the check")
    step("channels follow each other with one code")


def own_code(target):
    verify, to = fresh(target), new_number()
    started = verify.start_verification(sms(to, code="e4dR1Qz"))
    assert "e4dR1Qz" in target.wait_for_messages(to, 1)[0]["text"]
    same(verify.check_code(started.request_id, "e4dR1Qz").status, "completed", "a code of the caller's own")
    step("a code of the caller's own is taken")


def wrong_codes(target):
    verify, to = fresh(target), new_number()
    started = verify.start_verification(sms(to))
    pin = pin_in(target.wait_for_messages(to, 1)[0]["text"])
    for _ in range(2):
        with refused(HttpRequestError, 400, "Invalid Code", "a wrong code"):
            verify.check_code(started.request_id, wrong(pin))
    for what in ["the third wrong code", "a code after that"]:
        with refused(HttpRequestError, 410, "Invalid Code", what):
            verify.check_code(started.request_id, wrong(pin))
    with refused(HttpRequestError, 410, "Invalid Code", "the right code after that"):
        verify.check_code(started.request_id, pin)
    step("400 for a wrong code, 410 for the third and every one after it")


def concurrent(target):
    verify, to = fresh(target), new_number()
    started = verify.start_verification(sms(to))
    with refused(HttpRequestError, 409, "Conflict", "a second verification of the number") as refusal:
        verify.start_verification(sms(to))
    same(refusal.body["request_id"], started.request_id, "the running request")
    target.wait_for_messages(to, 1)
    step("409 with the running request's id, and no second message")


def canceled(target):
    verify, to = fresh(target), new_number()
    started = verify.start_verification(sms(to))
    pin = pin_in(target.wait_for_messages(to, 1)[0]["text"])
    verify.cancel_verification(started.request_id)
    for what, call in [
        ("a check", lambda: verify.check_code(started.request_id, pin)),
        ("a second cancellation", lambda: verify.cancel_verification(started.request_id)),
        ("the next channel", lambda: verify.trigger_next_workflow(started.request_id)),
    ]:
        with refused(NotFoundError, 404, "Not Found", f"{what} of a canceled request"):
            call()
    again = verify.start_verification(sms(to))
    assert again.request_id != started.request_id
    step("a canceled request is gone, and the number is free")


def expired(target):
    verify, to = fresh(target), new_number()
    started = verify.start_verification(sms(to, channel_timeout=15))
    pin = pin_in(target.wait_for_messages(to, 1)[0]["text"])
    time.sleep(16)
    with refused(NotFoundError, 404, "Not Found", "a code that has expired"):
        verify.check_code(started.request_id, pin)
    step("an expired request is gone")


def unknown(target):
    verify = fresh(target)
    for what, call in [
        ("a check", lambda: verify.check_code(UNKNOWN, "123456")),
        ("a cancellation", lambda: verify.cancel_verification(UNKNOWN)),
        ("the next channel", lambda: verify.trigger_next_workflow(UNKNOWN)),
    ]:
        with refused(NotFoundError, 404, "Not Found", f"{what} of an unknown request") as refusal:
            call()
        assert UNKNOWN in refusal.body["detail"], refusal.body
    step("404 for what is not there")


def bad_credentials(target):
    with refused(AuthenticationError, 401, "Unauthorized", "an unknown secret"):
        client(target, secret="nobody").start_verification(sms(new_number()))
    step("401 without a valid credential")


def bad_parameters(target):
    verify = fresh(target)
    for what, request, name in [
        ("too long a workflow", VerifyRequest(brand="ACME", channel_timeout=900, workflow=[
            SmsChannel(to=new_number()), EmailChannel(to=new_address())]), "channel_timeout"),
        ("no number", sms("99900000000"), "workflow[0].to"),
    ]:
        with refused(HttpRequestError, 422, "Invalid params", what) as refusal:
            verify.start_verification(request)
        same([one["name"] for one in refusal.body["invalid_parameters"]], [name], what)
    step("422 with invalid_parameters")


def rate_limited(target):
    verify, to = fresh(target, sendPinPerPhoneNumberLimit="1/1h", verifyPinLimit="1/3s"), new_number()
    started = verify.start_verification(sms(to))
    pin = pin_in(target.wait_for_messages(to, 1)[0]["text"])
    with refused(HttpRequestError, 400, "Invalid Code", "a wrong code"):
        verify.check_code(started.request_id, wrong(pin))
    with refused(RateLimitedError, 429, "Rate Limit Hit", "a check right after it"):
        verify.check_code(started.request_id, pin)
    verify.cancel_verification(started.request_id)
    with refused(RateLimitedError, 429, "Rate Limit Hit", "a second message to the number"):
        verify.start_verification(sms(to))
    step("429 for too many messages and checks")


STEPS = [
    happy, workflow, own_code, wrong_codes, concurrent, canceled, unknown, bad_credentials, bad_parameters, rate_limited,
    expired,
]


def with_listener(steps):
    """The steps behind a listener with TLS that the vendor's client trusts."""

    def open_listener(target):
        directory = tempfile.TemporaryDirectory(prefix="pinfold-vonage-")
        target.listener = vonage_listener.start(target.base, directory)
        os.environ["REQUESTS_CA_BUNDLE"] = str(target.listener.authority)
        os.environ["NO_PROXY"] = "127.0.0.1,localhost"
        step("the client trusts the test's certificate authority")

    return [open_listener, *steps]


if __name__ == "__main__":
    # The client logs each refusal that it raises.
    logging.disable(logging.WARNING)
    run(with_listener(STEPS))

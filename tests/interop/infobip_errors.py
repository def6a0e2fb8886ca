"""What Infobip's client raises when something is refused: its own exceptions, with the vendor's envelope as body."""

import time

from infobip_api_client.exceptions import (
    BadRequestException,
    ForbiddenException,
    NotFoundException,
    UnauthorizedException,
)
from infobip_api_client.models.tfa_application_configuration import TfaApplicationConfiguration
from infobip_api_client.models.tfa_application_request import TfaApplicationRequest
from infobip_api_client.models.tfa_resend_pin_request import TfaResendPinRequest
from infobip_pins import start, verify
from infobip_vendor import new_application, new_message, refused, tfa
from installation_under_test import new_number, pin_in, same, step, wrong

UNKNOWN = "0933F3BC087D2A617AC6DCB2EF5B8A61"
SETTLING_STEPS = 30


def bad_requests(target):
    api = tfa(target)
    application = new_application(api)
    message = new_message(api, application)
    limits = TfaApplicationConfiguration(pin_attempts=0)
    bad = {"kind": BadRequestException}
    with refused(400, "BAD_REQUEST", "an empty name", field="name", **bad):
        api.create_tfa_application(TfaApplicationRequest(name=""))
    with refused(400, "BAD_REQUEST", "no attempts", field="configuration.pinAttempts", **bad):
        api.create_tfa_application(TfaApplicationRequest(name="x", configuration=limits))
    with refused(400, "BAD_REQUEST", "a text without PIN", field="messageText", **bad):
        new_message(api, application, "no code here")
    with refused(400, "BAD_REQUEST", "no number", field="to", **bad):
        api.send_tfa_pin_code_over_sms(start(application, message, "12"))
    sent = api.send_tfa_pin_code_over_sms(start(application, message, new_number()))
    with refused(400, "BAD_REQUEST", "an empty PIN", **bad):
        verify(api, sent.pin_id, "")
    step("400 for what breaks a bound, with the field's name")


def unauthorized(target):
    with refused(401, "UNAUTHORIZED", "an unknown key", kind=UnauthorizedException):
        tfa(target, key="nobody").get_tfa_applications()
    with refused(401, "UNAUTHORIZED", "a key under another scheme", kind=UnauthorizedException):
        tfa(target, prefix="IBSSO").get_tfa_applications()
    step("401 without a valid key")


def forbidden(target):
    api = tfa(target)
    application = new_application(api)
    message = new_message(api, application)
    answer = target.request("POST", "/settings/2/api-keys", json={"name": "PINs only", "permissions": ["2FA_CLIENT"]})
    same(answer.status_code, 200, f"a key that may only send, {answer.text}")
    small = tfa(target, key=answer.json()["apiKeySecret"])
    small.send_tfa_pin_code_over_sms(start(application, message, new_number()))
    with refused(403, "FORBIDDEN", "a key without the scope", kind=ForbiddenException):
        small.create_tfa_application(TfaApplicationRequest(name="x"))
    api.update_tfa_application(application, TfaApplicationRequest(name="x", enabled=False))
    # Processes learn of a change by a notification, a moment after it was made.
    for _ in range(SETTLING_STEPS):
        try:
            api.send_tfa_pin_code_over_sms(start(application, message, new_number()))
        except ForbiddenException:
            break
        time.sleep(0.1)
    with refused(403, "FORBIDDEN", "a disabled application", kind=ForbiddenException):
        api.send_tfa_pin_code_over_sms(start(application, message, new_number()))
    step("403 for what the key may not do")


def not_found(target):
    api = tfa(target)
    missing = {"status": 404, "message_id": "NOT_FOUND", "kind": NotFoundException}
    application = new_application(api)
    with refused(what="an unknown application", **missing):
        api.get_tfa_application(UNKNOWN)
    with refused(what="an unknown template", **missing):
        api.get_tfa_message_template(application, UNKNOWN)
    with refused(what="an unknown PIN, verified", **missing):
        verify(api, UNKNOWN, "123456")
    with refused(what="an unknown PIN, resent", **missing):
        api.resend_tfa_pin_code_over_sms(UNKNOWN, TfaResendPinRequest())
    step("404 for what is not there")


def too_many(target):
    api = tfa(target)
    application = new_application(api, send_pin_per_phone_number_limit="3/1d", verify_pin_limit="1/3s")
    message, to = new_message(api, application), new_number()
    sent = [api.send_tfa_pin_code_over_sms(start(application, message, to)).pin_id for _ in range(3)]
    with refused(429, "TOO_MANY_REQUESTS", "the fourth message to a number"):
        api.send_tfa_pin_code_over_sms(start(application, message, to))
    with refused(429, "TOO_MANY_REQUESTS", "the fourth message, as a resend"):
        api.resend_tfa_pin_code_over_sms(sent[-1], TfaResendPinRequest())
    pin = pin_in(target.wait_for_messages(to, 3)[0]["text"])
    same(verify(api, sent[-1], wrong(pin)).verified, False, "the first check")
    with refused(429, "TOO_MANY_REQUESTS", "a check right after the first"):
        verify(api, sent[-1], pin)
    step("429 with Retry-After for too many messages and checks")


STEPS = [bad_requests, unauthorized, forbidden, not_found, too_many]

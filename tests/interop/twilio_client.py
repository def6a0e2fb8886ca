"""Twilio's own Python client (twilio 9.13.0) drives a running installation; only its base URL changes.

    .dev/venv/bin/python tests/interop/twilio_client.py [ENV_FILE]
"""

import time
import uuid

from installation_under_test import new_address, new_number, pin_in, run, same, wrong
from twilio_vendor import client, eventually, refused, totp


def _sent(installation, service, to, **options):
    found = service.verifications.create(to=f"+{to}" if to.isdigit() else to, **{"channel": "sms"} | options)
    same((found.status, found.valid), ("pending", False), "a verification that was sent")
    return found


def _code(installation, to, count=1):
    return pin_in(installation.wait_for_messages(to, count)[0]["text"])


def a_service_is_created_listed_changed_and_deleted(installation):
    verify = client(installation).verify.v2
    created = verify.services.create(friendly_name="My App", code_length=8, totp_issuer="Owl")
    same((created.code_length, created.totp["issuer"], created.totp["time_step"]), (8, "Owl", 30), "a service")
    same(created.sid[:2] + created.account_sid[:2], "VAAC", "the kinds of SIDs")
    assert created.url == f"{installation.base}/v2/Services/{created.sid}", created.url
    same(verify.services(created.sid).fetch().friendly_name, "My App", "its name")
    same(verify.services(created.sid).update(code_length=5, custom_code_enabled=True).code_length, 5, "a change")
    for number in range(3):
        verify.services.create(friendly_name=f"Page {number}")
    listed = [service.sid for service in verify.services.list(page_size=2)]
    assert created.sid in listed and len(listed) == len(set(listed)) >= 5, listed
    assert verify.services(created.sid).delete()
    refused(verify.services(created.sid).fetch, 404, 20404)
    assert created.sid not in [service.sid for service in verify.services.list()]
    refused(lambda: verify.services.create(friendly_name="x", code_length=3), 400, 60200)
    refused(lambda: verify.services.create(friendly_name=""), 400, 60200)


def the_right_code_approves_once(installation):
    service, to = client(installation).verify.v2.services(installation.values["SERVICE_SID"]), new_number()
    sent = _sent(installation, service, to, locale="en")
    same((sent.to, sent.channel, len(sent.send_code_attempts)), (f"+{to}", "sms", 1), "a verification")
    assert sent.url.startswith(installation.base), sent.url
    code = _code(installation, to)
    first = service.verification_checks.create(code=wrong(code), to=f"+{to}")
    same((first.status, first.valid, first.sid), ("pending", False, sent.sid), "a wrong code")
    same(service.verifications(sent.sid).fetch().status, "pending", "by SID")
    same(service.verifications(f"+{to}").fetch().sid, sent.sid, "by number")
    time.sleep(1.1)
    second = service.verification_checks.create(code=code, verification_sid=sent.sid)
    same((second.status, second.valid, second.sna_attempts_error_codes), ("approved", True, []), "the right code")
    refused(lambda: service.verification_checks.create(code=code, to=f"+{to}"), 404, 20404)
    refused(service.verifications(sent.sid).fetch, 404, 20404)


def a_repeated_create_joins(installation):
    service, to = client(installation).verify.v2.services(installation.values["SERVICE_SID"]), new_number()
    first = _sent(installation, service, to)
    code = _code(installation, to)
    second = _sent(installation, service, to)
    same((second.sid, second.date_created), (first.sid, first.date_created), "the same verification")
    called = _sent(installation, service, to, channel="call")
    same([attempt["channel"] for attempt in called.send_code_attempts], ["sms", "sms", "call"], "its messages")
    installation.wait_for_messages(to, 3)
    same(pin_in(installation.messages(to)[1]["text"]), code, "the code of the second message")
    assert service.verification_checks.create(code=code, to=f"+{to}").valid


def sends_and_checks_are_limited(installation):
    verify = client(installation).verify.v2
    service, to = verify.services(verify.services.create(friendly_name="Limited").sid), new_number()
    for _ in range(5):
        _sent(installation, service, to)
    refused(lambda: service.verifications.create(to=f"+{to}", channel="sms"), 429, 60203)
    code = _code(installation, to, 5)
    for _ in range(5):
        assert not service.verification_checks.create(code=wrong(code), to=f"+{to}").valid
        time.sleep(0.25)
    refused(lambda: service.verification_checks.create(code=code, to=f"+{to}"), 429, 60202)


def a_verification_is_cancelled_or_approved_by_its_caller(installation):
    service, to = client(installation).verify.v2.services(installation.values["SERVICE_SID"]), new_number()
    sent = _sent(installation, service, to)
    code = _code(installation, to)
    same(service.verifications(sent.sid).update(status="canceled").status, "canceled", "an update")
    refused(lambda: service.verification_checks.create(code=code, to=f"+{to}"), 404, 20404)
    refused(lambda: service.verifications(sent.sid).update(status="canceled"), 404, 20404)
    again = _sent(installation, service, to)
    assert again.sid != sent.sid
    approved = service.verifications(f"+{to}").update(status="approved")
    same((approved.status, approved.valid), ("approved", True), "an approval")


def a_mail_carries_a_code_too(installation):
    service, to = client(installation).verify.v2.services(installation.values["SERVICE_SID"]), new_address()
    _sent(installation, service, to, channel="email")
    assert service.verification_checks.create(code=_code(installation, to), to=to).valid


def a_callers_code_and_a_transaction_are_for_services_that_allow_them(installation):
    verify = client(installation).verify.v2
    plain = verify.services(installation.values["SERVICE_SID"])
    number = f"+{new_number()}"
    refused(lambda: plain.verifications.create(to=number, channel="sms", custom_code="135790"), 400, 60204)
    refused(lambda: plain.verifications.create(to=number, channel="sms", amount="€39.99", payee="Acme"), 403, 60214)
    made = verify.services.create(friendly_name="Bank", psd2_enabled=True, custom_code_enabled=True)
    service, to = verify.services(made.sid), new_number()
    _sent(installation, service, to, custom_code="135790")
    same(_code(installation, to), "135790", "a code of the caller's own")
    assert service.verification_checks.create(code="135790", to=f"+{to}").valid

    to = new_number()
    refused(lambda: service.verifications.create(to=f"+{to}", channel="sms", amount="€39.99"), 400, 60206)
    sent = _sent(installation, service, to, amount="€39.99", payee="Acme Inc")
    same((sent.amount, sent.payee), ("€39.99", "Acme Inc"), "a transaction")
    text = installation.wait_for_messages(to, 1)[0]["text"]
    assert "€39.99" in text and "Acme Inc" in text, text
    code = text.split()[-1]
    refused(lambda: service.verification_checks.create(code=code, verification_sid=sent.sid), 400, 60206)
    other = service.verification_checks.create(code=code, to=f"+{to}", amount="€93.99", payee="Acme Inc")
    same((other.status, other.valid), ("canceled", False), "another transaction")
    refused(lambda: service.verification_checks.create(code=code, to=f"+{to}", amount="€39.99", payee="Acme Inc"), 404, 20404)
    _sent(installation, service, to, amount="€39.99", payee="Acme Inc")
    code = installation.wait_for_messages(to, 2)[0]["text"].split()[-1]
    assert service.verification_checks.create(code=code, to=f"+{to}", amount="€39.99", payee="Acme Inc").valid


def rate_limits_count_what_their_caller_names(installation):
    verify = client(installation).verify.v2
    service = verify.services(verify.services.create(friendly_name="Counted").sid)
    limit = service.rate_limits.create(unique_name="end_user_ip", description="by address")
    refused(lambda: service.rate_limits.create(unique_name="end_user_ip"), 400, 60208)
    refused(lambda: service.rate_limits.create(unique_name="not a name"), 400, 60209)
    buckets = service.rate_limits(limit.sid).buckets
    bucket = buckets.create(max=2, interval=60)
    refused(lambda: buckets.create(max=9, interval=60), 400, 60211)
    same((bucket.max, bucket.interval), (2, 60), "a bucket")
    address = {"end_user_ip": f"192.0.2.{time.time_ns() % 250}"}
    time.sleep(1)
    for _ in range(2):
        service.verifications.create(to=f"+{new_number()}", channel="sms", rate_limits=address)
    refused(lambda: service.verifications.create(to=f"+{new_number()}", channel="sms", rate_limits=address), 429, 20429)
    service.verifications.create(to=f"+{new_number()}", channel="sms", rate_limits={"end_user_ip": "192.0.2.251"})
    service.verifications.create(to=f"+{new_number()}", channel="sms")
    refused(lambda: service.verifications.create(to=f"+{new_number()}", channel="sms", rate_limits={"x": "y"}), 400, 60200)
    same(service.rate_limits(limit.sid).update(description="d").description, "d", "a change")
    same(service.rate_limits(limit.sid).buckets(bucket.sid).update(max=4).max, 4, "a wider bucket")
    same([one.sid for one in service.rate_limits.list()], [limit.sid], "the limits")
    assert service.rate_limits(limit.sid).buckets(bucket.sid).delete() and service.rate_limits(limit.sid).delete()
    refused(service.rate_limits(limit.sid).fetch, 404, 20404)


def an_app_is_enrolled_and_answers_challenges(installation):
    verify = client(installation).verify.v2
    service = verify.services(verify.services.create(friendly_name="Apps", totp_issuer="Owl & Co").sid)
    identity = uuid.uuid4().hex
    entity = service.entities.create(identity=identity)
    refused(lambda: service.entities.create(identity=identity), 409, 60301)
    person = service.entities(identity)
    factor = person.new_factors.create(friendly_name="Ann's phone", factor_type="totp")
    secret = factor.binding["secret"]
    assert len(secret) == 32 and "issuer=Owl%20%26%20Co" in factor.binding["uri"], factor.binding["uri"]
    same((factor.status, factor.entity_sid), ("unverified", entity.sid), "an app")
    shown = person.factors(factor.sid).fetch()
    assert "binding" not in vars(shown) and secret not in str(vars(shown)), "the secret is shown once"
    refused(lambda: person.challenges.create(factor_sid=factor.sid, auth_payload="123456"), 403, 60318)
    step = int(time.time()) // 30
    same(person.factors(factor.sid).update(auth_payload=wrong(totp(secret, step))).status, "unverified", "a wrong code")
    same(person.factors(factor.sid).update(auth_payload=totp(secret, step)).status, "verified", "the right code")
    replayed = person.challenges.create(factor_sid=factor.sid, auth_payload=totp(secret, step))
    same(replayed.status, "pending", "the code of the enrolment is no code to log in with")
    answered = person.challenges(replayed.sid).update(auth_payload=totp(secret, step + 1))
    same(answered.status, "approved", "the next code")
    again = person.challenges.create(factor_sid=factor.sid, auth_payload=totp(secret, step + 1))
    same(again.status, "pending", "a code is good once")
    for _ in range(4):
        person.challenges.create(factor_sid=factor.sid, auth_payload="000000")
    refused(lambda: person.challenges.create(factor_sid=factor.sid, auth_payload="000000"), 429, 60308)
    assert {replayed.sid, again.sid} <= {one.sid for one in person.challenges.list()}
    for kind in ("push", "passkeys"):
        refused(lambda kind=kind: person.new_factors.create(friendly_name="x", factor_type=kind), 400, 60204)
    assert person.factors(factor.sid).delete() and person.delete()
    refused(person.fetch, 404, 20404)


def attempts_are_reported(installation):
    verify = client(installation).verify.v2
    made = verify.services.create(friendly_name="Reported")
    service, to = verify.services(made.sid), new_number()
    sent = _sent(installation, service, to)
    assert service.verification_checks.create(code=_code(installation, to), to=f"+{to}").valid
    listed = eventually(
        lambda: verify.verification_attempts.list(verify_service_sid=made.sid),
        lambda all: [one.conversion_status for one in all] == ["converted"],
        "attempts",
    )
    same((listed[0].verification_sid, listed[0].channel), (sent.sid, "sms"), "an attempt")
    same(listed[0].sid, sent.send_code_attempts[0]["attempt_sid"], "its SID")
    same(verify.verification_attempts(listed[0].sid).fetch().verification_sid, sent.sid, "an attempt by SID")
    counted = verify.verification_attempts_summary().fetch(verify_service_sid=made.sid)
    same((counted.total_attempts, counted.total_converted, counted.conversion_rate_percentage), (1, 1, "100.00"), "a summary")


def the_rest_is_kept(installation):
    api = client(installation)
    service = api.verify.v2.services(installation.values["SERVICE_SID"])
    messaging = "MG" + uuid.uuid4().hex
    made = api.verify.v2.services(api.verify.v2.services.create(friendly_name="Kept").sid)
    same(made.messaging_configurations.create(country="CA", messaging_service_sid=messaging).country, "CA", "a country")
    refused(lambda: made.messaging_configurations.create(country="CA", messaging_service_sid=messaging), 409, 60213)
    same([one.country for one in made.messaging_configurations.list()], ["CA"], "countries")
    assert made.messaging_configurations("CA").delete()
    number = f"+{new_number()}"
    same(api.verify.v2.safelist.create(phone_number=number).phone_number, number, "a safe number")
    same(api.verify.v2.safelist(number).fetch().phone_number, number, "the same")
    assert api.verify.v2.safelist(number).delete()
    refused(api.verify.v2.safelist(number).fetch, 404, 20404)
    templates = {template.sid for template in api.verify.v2.templates.list()}
    assert "HJ" + installation.message.lower() in templates, templates
    hook = service.webhooks.create(friendly_name="h", event_types=["pin.verified", "pin.failed"], webhook_url="https://example.com/hook")
    same((hook.status, sorted(hook.event_types)), ("enabled", ["pin.failed", "pin.verified"]), "a webhook")
    same(service.webhooks(hook.sid).update(status="disabled").status, "disabled", "a change")
    assert service.webhooks(hook.sid).delete()
    refused(lambda: service.webhooks.create(friendly_name="h", event_types=["factor.created"], webhook_url="https://example.com/"), 400, 60204)


def what_is_wrong_is_the_clients_own_error(installation):
    api = client(installation)
    service = api.verify.v2.services(installation.values["SERVICE_SID"])
    stranger = client(installation, "pf_live_" + "A" * 43).verify.v2
    refused(lambda: stranger.services(installation.values["SERVICE_SID"]).fetch(), 401, 20003)
    for to in ("12", "nobody", "+1", ""):
        error = refused(lambda to=to: service.verifications.create(to=to, channel="sms"), 400, 60200)
        assert "To" in error.msg, error.msg
    number = f"+{new_number()}"
    refused(lambda: service.verifications.create(to=number, channel="pigeon"), 400, 60200)
    for channel in ("whatsapp", "sna"):
        refused(lambda channel=channel: service.verifications.create(to=number, channel=channel), 403, 60223)
    refused(lambda: service.verifications.create(to=number, channel="sms", template_sid="HJ" + "0" * 32), 400, 60200)
    refused(lambda: service.verification_checks.create(to=number, code="123456"), 404, 20404)
    refused(lambda: service.verification_checks.create(verification_sid="VE" + "0" * 32, code="123456"), 404, 20404)
    refused(lambda: service.verification_checks.create(to=number, code=""), 400, 60200)
    refused(lambda: service.verification_checks.create(code="123456"), 400, 60221)
    for sid in ("VA" + "0" * 32, "VA12", "nothing"):
        refused(lambda sid=sid: api.verify.v2.services(sid).verifications.create(to=number, channel="sms"), 404, 20404)


STEPS = [
    a_service_is_created_listed_changed_and_deleted,
    the_right_code_approves_once,
    a_repeated_create_joins,
    sends_and_checks_are_limited,
    a_verification_is_cancelled_or_approved_by_its_caller,
    a_mail_carries_a_code_too,
    a_callers_code_and_a_transaction_are_for_services_that_allow_them,
    rate_limits_count_what_their_caller_names,
    an_app_is_enrolled_and_answers_challenges,
    attempts_are_reported,
    the_rest_is_kept,
    what_is_wrong_is_the_clients_own_error,
]

if __name__ == "__main__":
    run(STEPS)

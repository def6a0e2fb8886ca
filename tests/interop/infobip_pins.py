"""PINs through Infobip's client: every way to send, and every way a verification can end."""

import time

from infobip_api_client.models.tfa_create_email_message_request import TfaCreateEmailMessageRequest
from infobip_api_client.models.tfa_resend_pin_request import TfaResendPinRequest
from infobip_api_client.models.tfa_resend_pin_request_via_email import TfaResendPinRequestViaEmail
from infobip_api_client.models.tfa_start_authentication_request import TfaStartAuthenticationRequest
from infobip_api_client.models.tfa_start_email_authentication_request import TfaStartEmailAuthenticationRequest
from infobip_api_client.models.tfa_verify_pin_request import TfaVerifyPinRequest
from infobip_vendor import new_application, new_message, tfa
from installation_under_test import new_address, new_number, pin_in, same, step, wrong


def start(application, message, to, **wishes):
    return TfaStartAuthenticationRequest(application_id=application, message_id=message, to=to, **wishes)


def verify(api, pin_id, pin):
    return api.verify_tfa_phone_number(pin_id, TfaVerifyPinRequest(pin=pin))


def judged(answer):
    return answer.verified, answer.attempts_remaining, answer.pin_error


def right_and_wrong(target):
    api = tfa(target)
    application = new_application(api)
    message, to = new_message(api, application, "{{pin}} for {{firstName}}"), new_number()
    request = start(application, message, to, var_from="InfoSMS", placeholders={"firstName": "John"}, track_delivery=True)
    sent = api.send_tfa_pin_code_over_sms(request)
    same((sent.to, sent.sms_status), (to, "MESSAGE_SENT"), "the send")
    same(sent.nc_status, "NC_NOT_CONFIGURED", "ncStatus without a lookup provider")
    assert sent.external_message_id, "trackDelivery brought no externalMessageId"
    (arrived,) = target.wait_for_messages(to, 1)
    pin = pin_in(arrived["text"])
    same((arrived["text"], arrived["channel"], arrived["from"]), (f"{pin} for John", "sms", "InfoSMS"), "the SMS")
    step("PIN sent by SMS, with sender and placeholder")
    answer = verify(api, sent.pin_id, "12 34")
    same(judged(answer), (False, 10, "WRONG_PIN"), "a PIN of other characters")

    answer = verify(api, sent.pin_id, wrong(pin))
    same(judged(answer), (False, 9, "WRONG_PIN"), "a wrong PIN")
    step("wrong PIN refused")
    answer = verify(api, sent.pin_id, pin)
    same(judged(answer), (True, 0, None), "the right PIN")
    same((answer.pin_id, answer.msisdn), (sent.pin_id, to), "whose it is")
    step("right PIN verified")
    same(judged(verify(api, sent.pin_id, pin)), (False, 0, "NO_MORE_PIN_ATTEMPTS"), "the right PIN again")
    step("verified PIN refused a second time")


def number_context(target):
    api = tfa(target)
    application = new_application(api)
    message = new_message(api, application)
    for needed in (True, False, None):
        to = new_number()
        options = {} if needed is None else {"nc_needed": needed}
        sent = api.send_tfa_pin_code_over_sms(start(application, message, to), **options)
        same(sent.sms_status, "MESSAGE_SENT", f"ncNeeded {needed}")
        target.wait_for_messages(to, 1)
    step("PIN sent with ncNeeded true, false and absent")


def several_verifications(target):
    api = tfa(target)
    application = new_application(api, allow_multiple_pin_verifications=True, pin_attempts=3)
    message, to = new_message(api, application), new_number()
    sent = api.send_tfa_pin_code_over_sms(start(application, message, to))
    pin = pin_in(target.wait_for_messages(to, 1)[0]["text"])
    for _ in range(2):
        same(verify(api, sent.pin_id, pin).verified, True, "the right PIN, where it may be used again")
    step("PIN verified twice where the application allows it")


def exhausted(target):
    api = tfa(target)
    application = new_application(api, pin_attempts=3)
    message, to = new_message(api, application), new_number()
    sent = api.send_tfa_pin_code_over_sms(start(application, message, to))
    pin = pin_in(target.wait_for_messages(to, 1)[0]["text"])
    left = [verify(api, sent.pin_id, wrong(pin)).attempts_remaining for _ in range(3)]
    same(left, [2, 1, 0], "attempts left")
    same(judged(verify(api, sent.pin_id, pin)), (False, 0, "NO_MORE_PIN_ATTEMPTS"), "the right PIN, too late")
    step("exhausted PIN refused")


def expired(target):
    api = tfa(target)
    application = new_application(api, pin_time_to_live="2s")
    message, to = new_message(api, application), new_number()
    sent = api.send_tfa_pin_code_over_sms(start(application, message, to))
    pin = pin_in(target.wait_for_messages(to, 1)[0]["text"])
    time.sleep(2.2)
    same(judged(verify(api, sent.pin_id, pin)), (False, 0, "TTL_EXPIRED"), "the right PIN after its life")
    step("expired PIN refused")


def resend(target):
    api = tfa(target)
    application = new_application(api)
    message, to = new_message(api, application, "{{pin}} for {{firstName}}"), new_number()
    sent = api.send_tfa_pin_code_over_sms(start(application, message, to, placeholders={"firstName": "John"}))
    again = api.resend_tfa_pin_code_over_sms(sent.pin_id, TfaResendPinRequest(placeholders={"firstName": "Jane"}))
    same((again.pin_id, again.to, again.sms_status), (sent.pin_id, to, "MESSAGE_SENT"), "the resend")
    api.resend_tfa_pin_code_over_sms(sent.pin_id, TfaResendPinRequest())
    called = api.resend_tfa_pin_code_over_voice(sent.pin_id, TfaResendPinRequest())
    same((called.pin_id, called.call_status), (sent.pin_id, "PENDING_ACCEPTED"), "the resend by voice")
    arrived = target.wait_for_messages(to, 4)
    same(sorted(one["channel"] for one in arrived), ["sms", "sms", "sms", "voice"], "the messages' channels")
    texts = [one["text"] for one in arrived if one["channel"] == "sms"]
    same(len({pin_in(text) for text in texts}), 1, "PINs over all resends")
    assert any("Jane" in text for text in texts), f"no message has the new placeholder: {len(texts)} messages"
    same(judged(verify(api, sent.pin_id, pin_in(texts[0]))), (True, 0, None), "the resent PIN")
    step("PIN resent by SMS and by voice, the same PIN each time")


def voice(target):
    api = tfa(target)
    application = new_application(api)
    message, to = new_message(api, application, repeat_dtmf="1#", speech_rate=0.8), new_number()
    sent = api.send_tfa_pin_code_over_voice(start(application, message, to))
    same((sent.to, sent.call_status), (to, "PENDING_ACCEPTED"), "the call")
    (arrived,) = target.wait_for_messages(to, 1)
    same(arrived["channel"], "voice", "the message's channel")
    heard = "".join(character for character in arrived["text"] if character.isdigit())
    same(judged(verify(api, sent.pin_id, heard)), (True, 0, None), "the PIN that was heard")
    step("PIN sent by voice and verified")


def email(target):
    api = tfa(target)
    application, to = new_application(api), new_address()
    template = TfaCreateEmailMessageRequest(email_template_id=1234, pin_length=6, var_from="company@example.com")
    message = api.create_tfa_email_message_template(application, template).message_id
    request = TfaStartEmailAuthenticationRequest(application_id=application, message_id=message, to=to)
    sent = api.send2fa_pin_code_over_email(request)
    same((sent.to, sent.email_status.name), (to, "PENDING_ACCEPTED"), "the mail")
    assert sent.email_status.description, "the mail's status has no description"
    again = api.resend2fa_pin_code_over_email(sent.pin_id, TfaResendPinRequestViaEmail())
    same((again.pin_id, again.to), (sent.pin_id, to), "the second mail")
    arrived = target.wait_for_messages(to, 2)
    same({one["channel"] for one in arrived}, {"email"}, "the messages' channels")
    pins = {pin_in(one["text"]) for one in arrived}
    same(len(pins), 1, "PINs over both mails")
    answer = verify(api, sent.pin_id, pins.pop())
    same((judged(answer), answer.msisdn), ((True, 0, None), to), "the mailed PIN")
    listed = api.get_tfa_verification_status(to, application).verifications
    same([one.verified for one in listed], [True], "the address' verifications")
    step("PIN sent and resent by e-mail, and verified")


def verifications(target):
    api = tfa(target)
    application = new_application(api)
    message, to = new_message(api, application), new_number()
    same(api.get_tfa_verification_status(to, application).verifications, [], "verifications before the first send")
    before = int(time.time() * 1000) - 5_000
    sent = api.send_tfa_pin_code_over_sms(start(application, message, to))
    pin = pin_in(target.wait_for_messages(to, 1)[0]["text"])
    (open_one,) = api.get_tfa_verification_status(to, application).verifications
    same((open_one.msisdn, open_one.verified, open_one.verified_at), (to, False, None), "before it is verified")
    same(api.get_tfa_verification_status(to, application, verified=True).verifications, [], "only verified ones")
    verify(api, sent.pin_id, pin)
    (done,) = api.get_tfa_verification_status(to, application, verified=True, sent=True).verifications
    same((done.msisdn, done.verified), (to, True), "after it is verified")
    assert before < done.sent_at <= done.verified_at < before + 60_000, f"times in milliseconds: {done.to_dict()}"
    same(api.get_tfa_verification_status(to, application, verified=False).verifications, [], "only open ones")
    step("verifications listed and filtered")


STEPS = [
    right_and_wrong,
    number_context,
    several_verifications,
    exhausted,
    expired,
    resend,
    voice,
    email,
    verifications,
]

"""The requests that tutorials print, as they print them: those of Infobip, 8x8, IPROG and the generic API.

    .dev/venv/bin/python tests/interop/tutorials.py [ENV_FILE]
"""

import base64
import json
import random
import time
from datetime import datetime, timezone

from installation_under_test import new_number, pin_in, run, same, step, wrong

APPLICATION = """{"name":"Test application BASIC","configuration":{"pinAttempts":10,"allowMultiplePinVerifications":true,
"pinTimeToLive":"15m","verifyPinLimit":"1/3s","sendPinPerApplicationLimit":"10000/1d","sendPinPerPhoneNumberLimit":"3/1d"},
"enabled":true}"""
MESSAGE = """{"pinType":"NUMERIC","pinPlaceholder":"<pin>","messageText":"Your pin is <pin>","pinLength":4,
"senderId":"Infobip 2FA","language":"en","repeatDTMF":"1#","speechRate":1}"""
JSON = {"Content-Type": "application/json"}


def post(target, path, body, scheme="App", headers=JSON):
    answer = target.request("POST", path, scheme, data=body, headers=headers)
    same(answer.status_code, 200, f"POST {path}: {answer.text}")
    return answer.json()


def infobip(target):
    """A reader of Infobip's tutorial, from the application to the verified PIN."""
    for version in (2, 1):
        base = f"/2fa/{version}"
        application = post(target, f"{base}/applications", APPLICATION)
        wanted = json.loads(APPLICATION)
        same({name: application["configuration"][name] for name in wanted["configuration"]}, wanted["configuration"], "limits")
        same((application["name"], application["enabled"]), (wanted["name"], True), "the application")
        application = application["applicationId"]
        message = post(target, f"{base}/applications/{application}/messages", MESSAGE)
        wanted = json.loads(MESSAGE)
        same({name: message[name] for name in wanted}, wanted, "the template")
        message = message["messageId"]
        to = "41793026727"
        target.http.delete(f"{target.simulator}/api/messages", params={"to": to}, timeout=10).raise_for_status()
        body = f'{{"applicationId":"{application}","messageId":"{message}","from":"InfoSMS","to":"{to}"}}'
        sent = post(target, f"{base}/pin", body)
        same((sent["to"], sent["smsStatus"]), (to, "MESSAGE_SENT"), "the send")
        assert sent["ncStatus"].startswith("NC_"), sent
        (arrived,) = target.wait_for_messages(to, 1)
        pin = pin_in(arrived["text"])
        same((arrived["text"], len(pin), arrived["from"]), (f"Your pin is {pin}", 4, "InfoSMS"), "the SMS")
        answer = post(target, f"{base}/pin/{sent['pinId']}/verify", f'{{"pin":"{pin}"}}')
        same((answer["pinId"], answer["msisdn"], answer["verified"]), (sent["pinId"], to, True), "the verification")
        step(f"Infobip's tutorial works from application to verified PIN, /2fa/{version}")


def infobip_node(target):
    """What Infobip's Node kit sends beside that: trailing slashes, `undefined`, a content type on GET."""
    for argument in ("undefined", "true", "false"):
        to = new_number()
        body = json.dumps({"applicationId": target.application, "messageId": target.message, "to": to})
        sent = post(target, f"/2fa/2/pin/?ncNeeded={argument}", body)
        target.wait_for_messages(to, 1)
    post(target, f"/2fa/2/pin/{sent['pinId']}/resend", "{}")
    target.wait_for_messages(to, 2)
    path = f"/2fa/2/applications/{target.application}/verifications/?msisdn={to}&verified=false"
    answer = target.request("GET", path, headers=JSON)
    same(answer.status_code, 200, f"GET with a trailing slash: {answer.text}")
    same([one["msisdn"] for one in answer.json()["verifications"]], [to], "the verifications")
    # Its token and session calls carry `Authorization: undefined`; a wrong password is then what is refused.
    path = "/auth/1/oauth2/token?client_secret=pass&client_id=user&grant_type=client_credentials"
    form = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": "undefined"}
    answer = target.request("POST", path, None, data="", headers=form)
    same(answer.status_code, 401, f"a token for an unknown user: {answer.text}")
    credentials = '{"password":"pass","username":"user"}'
    answer = target.request("POST", "/auth/1/session", None, data=credentials, headers=JSON | {"Authorization": "undefined"})
    same(answer.status_code, 401, f"a session for an unknown user: {answer.text}")
    step("the forms of Infobip's Node kit are understood")


def generic(target):
    """The generic tutorial: send, verify, and a session token of a day."""
    to = "+16175550123"
    target.http.delete(f"{target.simulator}/api/messages", params={"to": to}, timeout=10).raise_for_status()
    sent = post(target, "/v1/otp", '{"to":"+16175550123","otpLength":6}', "Bearer")
    same((sent["status"], sent["to"]), ("queued", to), "the send")
    assert sent["requestId"], sent
    created, expires = moment(sent["createdAt"]), moment(sent["expiresAt"])
    assert abs(created - time.time()) < 30 and created < expires, sent
    code = pin_in(target.wait_for_messages(to, 1)[0]["text"])
    same(len(code), 6, "the code's length")
    answer = post(target, "/v1/otp/verify", json.dumps({"to": to, "code": code}), "Bearer")
    same((answer["status"], answer["matched"]), ("valid", True), "the verification")
    assert 0 < answer["remainingSeconds"] <= expires - created, answer
    assert created <= moment(answer["firstLoginAt"]) + 1 and moment(answer["lastUsedAt"]) <= time.time() + 5, answer
    step("the generic tutorial's code is sent and verified")

    post(target, "/v1/otp", '{"to":"+16175550123","otpLength":6}', "Bearer")
    code = pin_in(target.wait_for_messages(to, 2)[0]["text"])
    refused = post(target, "/v1/otp/verify", json.dumps({"to": to, "code": "0" * 6 if code != "0" * 6 else "1" * 6}), "Bearer")
    same((refused["status"], refused["matched"]), ("invalid", False), "a wrong code")
    answer = post(target, "/v1/otp/verify", json.dumps({"to": to, "code": code, "session": True}), "Bearer")
    header, claims = (decoded(part) for part in answer["sessionToken"].split(".")[:2])
    same(claims["session"], "2fa_verified", "the token's session")
    same(claims["exp"] - claims["iat"], 24 * 60 * 60, "the token's life")
    assert claims["sub"], claims
    keys = target.request("GET", "/.well-known/jwks.json", None).json()["keys"]
    assert header["kid"] in [key["kid"] for key in keys], f"{header} is not signed by a published key"
    step("the session token says 2fa_verified for 24 h, by a published key")


def eight_x_eight(target):
    """8x8's tutorial: a national number with its country, and the code checked by following the session."""
    to = "6598765432"
    target.http.delete(f"{target.simulator}/api/messages", params={"to": to}, timeout=10).raise_for_status()
    path = f"/verify/v1/{target.sub_account}"
    sent = post(target, path, '{"destination":"98765432","country":"SG","productName":"Amazing Product"}', "Bearer")
    same((sent["msisdn"], sent["status"], sent["attempt"]), (6598765432, "WAITING", 0), "the session")
    text = target.wait_for_messages(to, 1)[0]["text"]
    assert "Amazing Product" in text, text
    code = pin_in(text)
    for wanted in (f"{path}/{sent['uid']}", sent["resourceUri"]):
        read = target.request("GET", wanted, "Bearer")
        same((read.status_code, read.json()["uid"], read.json()["status"]), (200, sent["uid"], "WAITING"), "the session read")
    answer = target.request("GET", f"{sent['resourceUri']}?code={code}", "Bearer")
    same(answer.status_code, 200, f"the check: {answer.text}")
    answer = answer.json()
    same(set(answer), {"uid", "resourceUri", "msisdn", "status", "attempt", "expiresAt", "nextSmsAfter"}, "the answer's fields")
    same((answer["msisdn"], answer["status"], answer["attempt"]), (6598765432, "VERIFIED", 0), "the verification")
    assert answer["expiresAt"].endswith("+00:00") and len(answer["expiresAt"]) == 32, answer
    step("8x8's tutorial works from a national number to VERIFIED")

    # What Wavecell's kit sends: a chunked body with every field, and a Basic credential for the status.
    to = f"65987{random.randrange(10000, 99999)}"
    body = json.dumps({
        "codeLength": 4, "codeType": "NUMERIC", "codeValidity": 300, "createNew": True, "destination": f"+{to}", "resendingInterval": 15,
        "template": {"source": "Brand", "text": "Your verification code is {code}.", "encoding": "AUTO"},
    })
    sent = post(target, path, iter([body[:40].encode(), body[40:].encode()]), "Bearer")
    (arrived,) = target.wait_for_messages(to, 1)
    code = pin_in(arrived["text"])
    same((arrived["text"], arrived["from"]), (f"Your verification code is {code}.", "Brand"), "the SMS")
    login = base64.b64encode(f"account:{target.key}".encode()).decode()
    read = target.request("GET", sent["resourceUri"], "Basic", login)
    same((read.status_code, read.json()["status"], len(code)), (200, "WAITING", 4), "the status")
    assert read.headers["Content-Type"].startswith("application/json"), read.headers
    step("the forms of Wavecell's kit are understood")


def iprog(target):
    """IPROG's tutorial: the key among the fields, and the body's status."""
    to = "639171234567"
    target.http.delete(f"{target.simulator}/api/messages", params={"to": to}, timeout=10).raise_for_status()
    path = "/api/v1/otp"
    sent = post(target, f"{path}/send_otp", json.dumps({"api_token": target.key, "phone_number": to}), None)
    same(sent["status"], "success", f"the send: {sent}")
    code = pin_in(target.wait_for_messages(to, 1)[0]["text"])
    assert code not in json.dumps(sent), "the code is in the answer"
    refused = post(target, f"{path}/verify_otp", json.dumps({"api_token": target.key, "phone_number": to, "otp": wrong(code)}), None)
    same((refused["status"], refused["message"]), ("error", "Invalid or expired OTP"), "a wrong code")
    answer = post(target, f"{path}/verify_otp", json.dumps({"api_token": target.key, "phone_number": to, "otp": code}), None)
    same(answer["status"], "success", f"the verification: {answer}")
    refused = post(target, f"{path}/send_otp", json.dumps({"api_token": "T", "phone_number": to}), None)
    same(refused, {"status": 500, "message": "Invalid Token"}, "an unknown key")
    step("IPROG's tutorial works, and failures are in the body")


def decoded(part):
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def moment(text):
    """Seconds since 1970 of a time such as 2025-10-04T14:20:00Z, in whole seconds as the contract has it."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp()


if __name__ == "__main__":
    run([infobip, infobip_node, generic, eight_x_eight, iprog])

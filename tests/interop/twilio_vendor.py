"""Twilio's own Python client (twilio 9.13.0) at a running installation: only its base URL and its credentials change."""

import base64
import hashlib
import hmac
import struct
import time

from installation_under_test import same
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client


def client(installation, token=None):
    """The vendor's client, unmodified."""
    values = installation.values
    made = Client(values["ACCOUNT_SID"], token or values["AUTH_TOKEN"], http_client=TwilioHttpClient(timeout=10))
    made.http_client.session.trust_env = False
    made.verify.base_url = installation.base
    return made


def refused(call, status, code):
    """What `call` raises is the client's own error, with the vendor's numbers."""
    try:
        call()
    except TwilioRestException as error:
        same((error.status, error.code), (status, code), f"error {error.msg}")
        return error
    raise AssertionError(f"nothing was refused; wanted {status} {code}")


def eventually(call, check, what):
    """What was just configured is known everywhere within five seconds."""
    end = time.monotonic() + 5
    while not check(found := call()):
        assert time.monotonic() < end, f"{what}: still {found!r}"
        time.sleep(0.1)
    return found


def totp(secret, step):
    """The code that an authenticator app shows (RFC 6238)."""
    padded = secret + "=" * (-len(secret) % 8)
    tag = hmac.new(base64.b32decode(padded), struct.pack(">Q", step), hashlib.sha1).digest()
    offset = tag[-1] & 15
    return f"{(struct.unpack('>I', tag[offset:offset + 4])[0] & 0x7FFFFFFF) % 10**6:06}"

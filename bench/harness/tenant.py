"""What Pinfold is told before it is measured: the settings, and one tenant's applications, template and connection."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass

from harness.places import Failure

# The sink is on loopback; everything else stays as it comes.
SETTINGS = {
    "PINFOLD__DELIVERY__ALLOW_LOOPBACK": "true",
    # Nothing drains the queue while sends are measured.
    "PINFOLD__REDIS__BACKLOG": "10000000",
}

# Limits that a load of distinct numbers never meets, yet of the usual kind: a few events per number and window, so
# that every request pays for the exact windows, and a coarse one per application.
GENEROUS = {
    "pinAttempts": 10,
    "allowMultiplePinVerifications": False,
    "pinTimeToLive": "15m",
    "verifyPinLimit": "50/1s",
    "sendPinPerApplicationLimit": "100000000/1d",
    "sendPinPerPhoneNumberLimit": "10/1d",
}
# Guesses at one PIN stay below both the attempts and the failures per number that lock it.
GUESSES_PER_PIN = 8

# Added for the measure of what expires: how long a record outlives its PIN.
SHORT_RETENTION = {"PINFOLD__REDIS__RETENTION_SECONDS": "3"}
# Nothing of this application outlives a few seconds, its counters included.
SHORT_LIVED = GENEROUS | {
    "pinTimeToLive": "3s",
    "verifyPinLimit": "50/1s",
    "sendPinPerApplicationLimit": "100000000/3s",
    "sendPinPerPhoneNumberLimit": "10/3s",
}

_TEMPLATE = {"messageText": "Your PIN is {{pin}}", "pinType": "NUMERIC", "pinLength": 6, "senderId": "Pinfold"}


@dataclass(frozen=True)
class Application:
    """An application with its one template."""

    id: str
    message_id: str


@dataclass(frozen=True)
class Tenant:
    """What the loads need to know."""

    api_key: str
    application: Application
    short_lived: Application


def configure_tenant(url, sink_url, api_key):
    """Two applications, and a connection that carries every SMS to the sink."""
    api = _Api(url, api_key)
    application = api.application("Bench", GENEROUS)
    short_lived = api.application("Bench, short-lived", SHORT_LIVED)
    api.deliver_to(sink_url)
    return Tenant(api_key, application, short_lived)


def name_application(url, api_key, application, slug):
    """Gives an application the short name that 8x8's clients call a sub-account."""
    _Api(url, api_key).name(application, slug)


class _Api:
    def __init__(self, url, api_key):
        self._url, self._api_key = url, api_key

    def application(self, name, configuration):
        made = self._call("POST", "/2fa/2/applications", {"name": name, "enabled": True, "configuration": configuration})
        identity = made["applicationId"]
        message = self._call("POST", f"/2fa/2/applications/{identity}/messages", _TEMPLATE)
        return Application(identity, message["messageId"])

    def name(self, application, slug):
        self._call("PUT", f"/2fa/2/applications/{application}", {"name": "Bench", "slug": slug})

    def deliver_to(self, sink_url):
        provider = {
            "kind": "http",
            "url": sink_url,
            "method": "POST",
            "body": {"json": {"to": "{{to}}", "from": "{{from}}", "text": "{{text}}"}},
            "id_pointer": "/id",
        }
        made = self._call("POST", "/v1/connections", {"name": "bench sink", "provider": provider})
        self._call("PUT", "/v1/routes/sms", {"connectionId": made["id"]})

    def _call(self, method, path, body):
        scheme = "App" if path.startswith("/2fa/") else "Bearer"
        headers = {"authorization": f"{scheme} {self._api_key}", "content-type": "application/json"}
        request = urllib.request.Request(self._url + path, json.dumps(body).encode(), headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            raise Failure(f"{method} {path} answered {error.code}: {error.read().decode(errors='replace')}") from error

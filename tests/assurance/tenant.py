"""A tenant of an installation: its connections, its route, and sends of distinct numbers at a rate."""

import http.client
import itertools
import json
import threading
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from checkout import Failure

# Limits that distinct numbers never meet.
_LIMITS = {"pinTimeToLive": "15m", "sendPinPerApplicationLimit": "100000000/1d", "sendPinPerPhoneNumberLimit": "10/1d"}
_TEMPLATE = {"messageText": "Your PIN is {{pin}}", "pinType": "NUMERIC", "pinLength": 6, "senderId": "Pinfold"}
_numbers = itertools.count(41790000000)


@dataclass
class Sends:
    """What was accepted: number → when, by the monotonic clock; and how often something else was answered."""

    accepted: dict
    refused: dict


class Tenant:
    """Talks to the API with the tenant's key."""

    def __init__(self, installation, slug):
        installation.command("tenant", "create", "--name", slug)
        made = installation.command("key", "create", "--tenant", slug, "--name", "assurance", "--json")
        self.key = json.loads(made)["key"]
        self._edge = urlsplit(f"http://127.0.0.1:{installation.port}")
        made = self.call("POST", "/2fa/2/applications", {"name": "Assurance", "configuration": _LIMITS})
        self.application = made["applicationId"]
        self.message = self.call("POST", f"/2fa/2/applications/{self.application}/messages", _TEMPLATE)["messageId"]

    def route_sms(self, *urls):
        """Sends SMS to the first of these providers, to the next when that fails."""
        legs = [{"connectionId": self._connection(f"provider {nth}", url)} for nth, url in enumerate(urls, 1)]
        self.call("PUT", "/v1/routes/sms", {"strategy": "ordered", "legs": legs})

    def _connection(self, name, url):
        body = {"json": {"to": "{{to}}", "text": "{{text}}"}}
        provider = {"kind": "http", "url": url, "method": "POST", "body": body, "id_pointer": "/id"}
        return self.call("POST", "/v1/connections", {"name": name, "provider": provider})["id"]

    def call(self, method, path, body=None):
        status, answer = self.exchange(self.connect(), method, path, body)
        if status not in (200, 201):
            raise Failure(f"{method} {path} answered {status}: {answer.decode(errors='replace')}")
        return json.loads(answer or b"null")

    def send(self, count, per_second, threads=16):
        """Sends to `count` distinct numbers, spread evenly over the time that the rate gives."""
        sends, lock = Sends({}, {}), threading.Lock()
        start, turns = time.monotonic(), itertools.count()

        def work():
            connection = self.connect()
            while (turn := next(turns)) < count:
                time.sleep(max(start + turn / per_second - time.monotonic(), 0))
                number = self.next_number()
                body = {"applicationId": self.application, "messageId": self.message, "to": number}
                status, _ = self.exchange(connection, "POST", "/2fa/2/pin", body)
                with lock:
                    if status == 200:
                        sends.accepted[number] = time.monotonic()
                    else:
                        sends.refused[status] = sends.refused.get(status, 0) + 1

        workers = [threading.Thread(target=work) for _ in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return sends

    def next_number(self):
        """A number that nobody had before."""
        return str(next(_numbers))

    def send_once(self, connection, number, key):
        """Sends with an idempotency key; a refusal is a failure."""
        body = {"applicationId": self.application, "messageId": self.message, "to": number}
        status, answer = self.exchange(connection, "POST", "/2fa/2/pin", body, {"Idempotency-Key": key})
        if status in (502, 503):
            raise http.client.HTTPException(f"{status}: come again")
        if status != 200:
            raise Failure(f"a send was answered {status}: {answer.decode(errors='replace')}")
        return json.loads(answer)

    def connect(self):
        return http.client.HTTPConnection(self._edge.hostname, self._edge.port, timeout=30)

    def written(self, method, path, body):
        """A request as it goes over the wire."""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {self._edge.netloc}\r\nAuthorization: App {self.key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    def exchange(self, connection, method, path, body, more=None):
        """One request; its status and what it was answered."""
        scheme = "App" if path.startswith("/2fa/") else "Bearer"
        headers = {"Authorization": f"{scheme} {self.key}", "Content-Type": "application/json"} | (more or {})
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()

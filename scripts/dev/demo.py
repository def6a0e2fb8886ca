"""The demo tenant's variables, and what the printed commands need from the last demo PIN.

    python3 scripts/dev/demo.py pin-id   the id of the PIN sent last (from .dev/sent.json)
    python3 scripts/dev/demo.py pin      its digits, as the simulated phone received them
"""

import http.client
import json
import re
import sys
import time
from datetime import datetime
from urllib.parse import urlencode, urlsplit

import checkout
from checkout import DEV, Failure, read_variables

VARIABLES = DEV / "demo.env"
SENT = DEV / "sent.json"
NUMBER = "41793026727"
REQUIRED = ("BASE_URL", "API_KEY", "APPLICATION_ID", "MESSAGE_ID", "SIMULATOR_URL", "REDIS_URL", "DATABASE_URL")


def variables():
    found = read_variables(VARIABLES)
    if missing := [name for name in REQUIRED if not found.get(name)]:
        raise Failure(f"{VARIABLES} lacks {', '.join(missing)}; run `make up` first.")
    return found


def pin_id():
    try:
        return json.loads(SENT.read_text())["pinId"]
    except (OSError, ValueError, KeyError):
        raise Failure(f"{SENT} holds no pinId; send a PIN first, with the command that `make up` prints.") from None


def pin(patience=10):
    """The digits of the newest message since the PIN was sent; delivery takes a moment."""
    # `tee` finished the file when the send was answered; the message may have been faster than that.
    sent_at = SENT.stat().st_mtime - 2 if SENT.exists() else 0
    end = time.monotonic() + patience
    while time.monotonic() < end:
        for message in _messages():
            if _timestamp(message["received_at"]) >= sent_at and (digits := re.search(r"\b\d{4,10}\b", message["text"])):
                return digits.group()
        time.sleep(0.2)
    raise Failure(f"No message for {NUMBER} arrived; is `make up` running?")


def _messages():
    url = urlsplit(variables()["SIMULATOR_URL"])
    connection = http.client.HTTPConnection(url.netloc, timeout=5)
    try:
        connection.request("GET", f"{url.path}/api/messages?{urlencode({'to': NUMBER})}")
        return json.loads(connection.getresponse().read())["messages"]
    except (OSError, ValueError, KeyError, http.client.HTTPException):
        return []
    finally:
        connection.close()


def _timestamp(text):
    # Python before 3.11 reads neither `Z` nor nanoseconds.
    text = re.sub(r"(\.\d{1,6})\d*", lambda found: found[1].ljust(7, "0"), text.replace("Z", "+00:00"))
    return datetime.fromisoformat(text).timestamp()


def main():
    answers = {"pin-id": pin_id, "pin": pin}
    if len(sys.argv) != 2 or sys.argv[1] not in answers:
        raise Failure(__doc__)
    print(answers[sys.argv[1]]())


if __name__ == "__main__":
    checkout.run(main)

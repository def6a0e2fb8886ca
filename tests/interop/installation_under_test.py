"""The running installation that a check drives, as its environment file describes it, and the phone it can read."""

import random
import re
import sys
import time
from pathlib import Path

import requests

PATIENCE_SECONDS = 15
TIMEOUT_SECONDS = 10


class Installation:
    """Address, keys and ids of one running installation with its demo tenant."""

    def __init__(self, path):
        lines = (line.strip() for line in Path(path).read_text().splitlines())
        values = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
        self.values = values
        self.base = values["BASE_URL"]
        self.key = values["API_KEY"]
        self.application = values["APPLICATION_ID"]
        self.message = values["MESSAGE_ID"]
        self.email_message = values["EMAIL_MESSAGE_ID"]
        self.sub_account = values["SUBACCOUNT_ID"]
        self.simulator = values["SIMULATOR_URL"]
        self.http = requests.Session()
        self.http.trust_env = False

    def request(self, method, path, scheme="App", key=None, **options):
        """One request with a credential; `scheme=None` sends none."""
        headers = options.pop("headers", {})
        if scheme:
            headers = headers | {"Authorization": f"{scheme} {key or self.key}"}
        return self.http.request(method, self.base + path, headers=headers, timeout=TIMEOUT_SECONDS, **options)

    def messages(self, to):
        """What the simulated phone or mailbox of `to` shows, newest first."""
        answer = self.http.get(f"{self.simulator}/api/messages", params={"to": to}, timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
        return answer.json()["messages"]

    def wait_for_messages(self, to, count):
        """Waits until `count` messages are there; more than that is as wrong as fewer."""
        end = time.monotonic() + PATIENCE_SECONDS
        while len(found := self.messages(to)) < count and time.monotonic() < end:
            time.sleep(0.05)
        same(len(found), count, f"messages at {to}")
        return found


def installation():
    """The installation named on the command line, by default that of `make up`."""
    default = Path(__file__).resolve().parents[2] / ".dev" / "demo.env"
    return Installation(sys.argv[1] if len(sys.argv) > 1 else default)


def new_number():
    """A Swiss mobile number that nothing was sent to before and that the simulator treats as an ordinary one."""
    return f"4179{random.randrange(100, 1000)}{random.randrange(1000, 9000)}"


def new_address():
    return f"anna-{random.randrange(16**8):08x}@example.com"


def pin_in(text):
    """The code in a message."""
    found = re.search(r"\b\d{4,10}\b", text)
    assert found, f"no code in {text!r}"
    return found.group()


def wrong(pin):
    """Another code of the same kind."""
    return "".join(str((int(digit) + 1) % 10) for digit in pin)


def same(found, wanted, what):
    assert found == wanted, f"{what}: found {found!r}, wanted {wanted!r}"


def step(text):
    print(f"  {text}", flush=True)


def run(steps):
    """Runs the steps in order; the first that fails ends the program with its reason."""
    target = installation()
    for one in steps:
        try:
            one(target)
        except AssertionError as error:
            print(f"  FAILED {one.__name__}: {error}", flush=True)
            sys.exit(1)
        except requests.RequestException as error:
            print(f"  FAILED {one.__name__}: no answer: {error}", flush=True)
            sys.exit(1)
    print(f"  {len(steps)} groups of steps passed", flush=True)

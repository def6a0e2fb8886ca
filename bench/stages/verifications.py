"""What a page of the console's table of verifications takes once a tenant has many, another tenant as many beside it.

Asked for over HTTP, one request after the other: the first page, every page to the last, each filter, a number, one PIN.
"""

import http.client
import json
import random
import time
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from harness import loads
from harness.places import Failure
from harness.progress import say
from stages.worker import until_quiet

_HISTORY = Path(__file__).with_suffix(".sql")
_DAYS = 30
_PATH = "/v1/verifications"
_LARGEST_PAGE = 200
_PATIENCE = 60


def pages(bench):
    side = bench.pinfold
    side.fresh()
    number = bench.numbers.take(1)
    _fill(bench, number)
    with _Reader(side) as reader:
        whole = _walk(reader, bench.plan.verifications)
        found = {"every page to the last": reader.seen()}
        for what, paths in _questions(side, number, whole).items():
            for _ in range(5):
                reader.get(next(paths))
            reader.forget()
            for _ in range(bench.plan.verification_requests):
                reader.get(next(paths))
            found[what] = reader.seen()
            say(f"verifications, {what}: p50 {found[what]['p50_ms']:.1f} ms, p95 {found[what]['p95_ms']:.1f} ms")
    return found


def _fill(bench, number):
    """The number's hash is known to Pinfold alone: it is read back from a PIN that was really sent."""
    side = bench.pinfold
    bench.sink.reset()
    side.start_worker()
    loads.fill(side, number, 1)
    bench.sink.until(1, _PATIENCE)
    until_quiet(side)
    side.stop_worker()
    subject = side.query("SELECT encode(subject, 'hex') FROM verifications ORDER BY created_at DESC LIMIT 1")
    side.tenant_beside("neighbour", None, bench.sink.url)
    for slug in ("demo", "neighbour-0"):
        started = time.monotonic()
        wanted = {"slug": slug, "verifications": bench.plan.verifications, "days": _DAYS, "subject": subject}
        count = side.query(_HISTORY, **wanted).splitlines()[-1]
        say(f"verifications: {count} of {slug} written in {time.monotonic() - started:.0f} s")
        if int(count) < 0.99 * bench.plan.verifications:
            raise Failure(f"only {count} verifications of {slug} were recorded")


def _walk(reader, least):
    """Every page to the last: the ids and cursors that come, none of them twice."""
    ids, cursors, after = [], [], None
    while True:
        page = reader.get(_list(size=_LARGEST_PAGE, after=after))
        ids += [one["pinId"] for one in page["verifications"]]
        after = page.get("next")
        if not after:
            break
        cursors.append(after)
    if len(set(ids)) != len(ids) or len(ids) < 0.99 * least:
        raise Failure(f"the pages held {len(ids)} verifications, {len(set(ids))} of them different")
    return ids, cursors


def _questions(side, number, whole):
    """What is asked → its paths, without end."""
    ids, cursors = whole
    draw = random.Random(42)
    application = side.tenant.short_lived.id
    now = time.time()

    def a_day():
        begin = now - 86_400 * draw.uniform(1, _DAYS)
        return {"from": _text(begin), "to": _text(begin + 86_400)}

    found = {
        "first page": lambda: _list(),
        "a page anywhere": lambda: _list(after=draw.choice(cursors)),
        "one application": lambda: _list(applicationId=application, after=draw.choice([None, *cursors])),
        "one day": lambda: _list(**a_day()),
        "rare channel": lambda: _list(channel="voice"),
        "all filters": lambda: _list(applicationId=application, status="exhausted", channel="email", **a_day()),
        "a number": lambda: _list(recipient=number),
        "a number of one application": lambda: _list(recipient=number, applicationId=application),
        "a number never seen": lambda: _list(recipient=number + draw.randrange(1, 1000)),
        "one PIN": lambda: f"{_PATH}/{draw.choice(ids)}",
    }
    for status in ("waiting", "sent", "verified", "exhausted", "canceled", "failed", "expired"):
        found[f"status {status}"] = lambda status=status: _list(status=status)
    return {what: iter(path, None) for what, path in found.items()}


def _list(**asked):
    return f"{_PATH}?{urlencode({name: value for name, value in asked.items() if value is not None})}"


def _text(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


class _Reader:
    """One connection, and how long its answers took."""

    def __init__(self, side):
        self._connection = http.client.HTTPConnection(urlsplit(side.url).netloc, timeout=60)
        self._headers = side.headers
        self.forget()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._connection.close()

    def get(self, path):
        started = time.monotonic()
        self._connection.request("GET", path, headers=self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        self._took.append(1e3 * (time.monotonic() - started))
        if answer.status != 200:
            raise Failure(f"GET {path} answered {answer.status}: {body.decode(errors='replace')}")
        return json.loads(body)

    def forget(self):
        self._took = []

    def seen(self):
        took = sorted(self._took)
        return {
            "requests": len(took),
            "p50_ms": took[len(took) // 2],
            "p95_ms": took[int(len(took) * 0.95)],
            "most_ms": took[-1],
        }

"""An SMTP server for tests, on aiosmtpd: independent of what Pinfold sends with, and of what it builds mails with.

Prints a line of JSON with its port, then one per mail it took. Reads lines of JSON that change what it refuses:
{"RCPT": "550 No such user"}, {"DATA": "451 Try again"}, {"delay": 2}; `null` ends a refusal. Ends when its input ends.
"""

import asyncio
import email
import email.policy
import json
import logging
import ssl
import sys
import warnings

from aiosmtpd.smtp import SMTP, AuthResult

OPTIONS = json.loads(sys.argv[1])
# A client that breaks off, or a login without TLS, is what a test may be about.
logging.getLogger("mail.log").setLevel(logging.CRITICAL + 1)
warnings.filterwarnings("ignore", module="aiosmtpd")


def say(value):
    print(json.dumps(value), flush=True)


class Handler:
    """Takes mails and tells of them, or refuses as told."""

    def __init__(self):
        self.orders = {}

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if refusal := self.orders.get("RCPT"):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, session, envelope):
        await asyncio.sleep(self.orders.get("delay") or 0)
        if refusal := self.orders.get("DATA"):
            return refusal
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        say(
            {
                "from": envelope.mail_from,
                "to": envelope.rcpt_tos,
                "subject": mail["subject"],
                "headers": [[name, str(value)] for name, value in mail.items()],
                "text": body(mail, "plain"),
                "html": body(mail, "html"),
                "raw": envelope.content.decode("utf-8", "replace"),
                "authenticated_as": session.auth_data,
                "over_tls": session.ssl is not None,
            }
        )
        return "250 OK"


def body(mail, kind):
    part = mail.get_body(preferencelist=(kind,))
    return part.get_content() if part else None


def authenticate(_server, _session, _envelope, _mechanism, data):
    given = [data.login.decode(), data.password.decode()]
    return AuthResult(success=given == OPTIONS["credentials"], handled=False, auth_data=given[0])


def make_server(handler):
    settings = {"hostname": "localhost", "enable_SMTPUTF8": True}
    if OPTIONS["credentials"]:
        settings |= {"authenticator": authenticate, "auth_required": True, "auth_require_tls": False}
    if OPTIONS["certificate"]:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(OPTIONS["certificate"], OPTIONS["key"])
        settings |= {"tls_context": context, "require_starttls": True}
    return SMTP(handler, **settings)


async def main():
    handler = Handler()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: make_server(handler), "127.0.0.1", 0)
    say({"port": server.sockets[0].getsockname()[1]})
    orders = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    async for line in orders:
        handler.orders.update(json.loads(line))


asyncio.run(main())

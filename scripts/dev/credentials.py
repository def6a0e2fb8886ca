"""The secrets of one set of private servers: made once, kept readable by their owner alone."""

import base64
import os
import secrets

from checkout import read_variables, write_private

NAMES = ("POSTGRES_SUPERUSER_PASSWORD", "POSTGRES_OWNER_PASSWORD", "POSTGRES_SERVICE_PASSWORD", "REDIS_PASSWORD")


def load_or_create(directory):
    path = directory / "secrets.env"
    known = read_variables(path)
    if not known:
        # Hexadecimal, so that they need no quoting in a URL, in SQL or in a configuration file.
        known = {name: secrets.token_hex(24) for name in NAMES}
        known["MASTER_KEY"] = base64.b64encode(os.urandom(32)).decode()
        known["INTERNAL_SECRET"] = secrets.token_hex(32)
        write_private(path, "".join(f"{name}={value}\n" for name, value in known.items()))
    return known

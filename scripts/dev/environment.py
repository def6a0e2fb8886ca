"""The environment Pinfold runs in during development; what the caller has set already wins."""

import os

from checkout import Failure
from ports import LOOPBACK

DEFAULT_PORT = "8080"


def http_address():
    """Host and port the edge will listen on."""
    port = os.environ.get("PINFOLD__HTTP__PORT", DEFAULT_PORT)
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise Failure(f"PINFOLD__HTTP__PORT is {port!r}; it must be a port number from 1 to 65535.")
    return os.environ.get("PINFOLD__HTTP__HOST", LOOPBACK), int(port)


def development(services, variables):
    """Settings for the private servers and secrets of this checkout."""
    host, port = http_address()
    defaults = {
        "PINFOLD__PROFILE": "development",
        "PINFOLD__HTTP__HOST": host,
        "PINFOLD__HTTP__PORT": str(port),
        "PINFOLD__HTTP__PUBLIC_URL": f"http://{LOOPBACK}:{port}",
        "PINFOLD__SECURITY__MASTER_KEY": services.secrets["MASTER_KEY"],
        "PINFOLD__SECURITY__INTERNAL_SECRET": services.secrets["INTERNAL_SECRET"],
        "PINFOLD__TELEMETRY__LOG_FORMAT": "text",
    }
    defaults |= {name: value for name, value in variables.items() if name.startswith("PINFOLD__")}
    return _without_overridden(defaults) | os.environ


def _without_overridden(defaults):
    """A secret given as a file must not meet a default value of the same secret."""
    return {name: value for name, value in defaults.items() if f"{name}_FILE" not in os.environ}

"""Loopback ports: is one taken, and which one is free."""

import socket

LOOPBACK = "127.0.0.1"


def reachable(host):
    """The address that reaches a server listening on `host`."""
    return {"0.0.0.0": LOOPBACK, "::": "::1"}.get(host, host)


def is_taken(port, host=LOOPBACK):
    """Connecting finds a listener on all addresses too, which binding to one address does not on every system."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.settimeout(1)
        if probe.connect_ex((reachable(host), port)) == 0:
            return True
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def free_port():
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return probe.getsockname()[1]

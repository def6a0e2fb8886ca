"""Infobip's own Python client (infobip-api-python-client 6.0.0) drives a running installation; only its host changes.

    .dev/venv/bin/python tests/interop/infobip_client.py [ENV_FILE]
"""

import infobip_configuration
import infobip_errors
import infobip_pins
from installation_under_test import run

if __name__ == "__main__":
    run(infobip_configuration.STEPS + infobip_pins.STEPS + infobip_errors.STEPS)

"""Infobip's client set up for an installation, and what its typed errors have to say."""

import json
from contextlib import contextmanager

from infobip_api_client.api.tfa_api import TfaApi
from infobip_api_client.api_client import ApiClient
from infobip_api_client.configuration import Configuration
from infobip_api_client.exceptions import ApiException
from infobip_api_client.models.tfa_application_configuration import TfaApplicationConfiguration
from infobip_api_client.models.tfa_application_request import TfaApplicationRequest
from infobip_api_client.models.tfa_create_message_request import TfaCreateMessageRequest
from infobip_api_client.models.tfa_pin_type import TfaPinType
from installation_under_test import same

TEXT = "Your code is {{pin}}"


def tfa(target, key=None, prefix="App"):
    """The client's 2FA API, as its own documentation builds it."""
    keys, prefixes = {"APIKeyHeader": key or target.key}, {"APIKeyHeader": prefix}
    configuration = Configuration(host=target.base, api_key=keys, api_key_prefix=prefixes)
    return TfaApi(ApiClient(configuration))


def new_application(api, **limits):
    """An application with limits that no step meets unless it asks to."""
    wide = {
        "pin_attempts": 10,
        "allow_multiple_pin_verifications": False,
        "pin_time_to_live": "10m",
        "verify_pin_limit": "1000/1s",
        "send_pin_per_application_limit": "10000/1d",
        "send_pin_per_phone_number_limit": "100/1d",
    }
    configuration = TfaApplicationConfiguration(**(wide | limits))
    created = api.create_tfa_application(TfaApplicationRequest(name="Interoperability", configuration=configuration))
    assert created is not None, "the client understood no answer; it reads only status 200"
    return created.application_id


def new_message(api, application, text=TEXT, **wishes):
    wishes = {"pin_type": TfaPinType.NUMERIC, "pin_length": 6} | wishes
    return api.create_tfa_message_template(application, TfaCreateMessageRequest(message_text=text, **wishes)).message_id


@contextmanager
def refused(status, message_id, what, field=None, kind=ApiException):
    """The call inside has to fail as the vendor's own service would fail it."""
    try:
        yield
    except ApiException as error:
        same(error.status, status, f"{what}: status")
        assert isinstance(error, kind), f"{what}: {type(error).__name__} instead of {kind.__name__}"
        exception = json.loads(error.body)["requestError"]["serviceException"]
        same(exception["messageId"], message_id, f"{what}: messageId")
        assert exception["text"], f"{what}: no text"
        if field:
            assert exception["validationErrors"].get(field), f"{what}: {field} is not in {exception.get('validationErrors')}"
        if status == 429:
            after = {name.lower(): value for name, value in error.headers.items()}.get("retry-after", "")
            assert after.isdecimal() and int(after) > 0, f"{what}: Retry-After is {after!r}"
    else:
        raise AssertionError(f"{what}: was not refused")

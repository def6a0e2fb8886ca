"""Applications and message templates through Infobip's client."""

from infobip_api_client.models.tfa_application_configuration import TfaApplicationConfiguration
from infobip_api_client.models.tfa_application_request import TfaApplicationRequest
from infobip_api_client.models.tfa_create_email_message_request import TfaCreateEmailMessageRequest
from infobip_api_client.models.tfa_create_message_request import TfaCreateMessageRequest
from infobip_api_client.models.tfa_india_dlt_options import TfaIndiaDltOptions
from infobip_api_client.models.tfa_language import TfaLanguage
from infobip_api_client.models.tfa_pin_type import TfaPinType
from infobip_api_client.models.tfa_regional_options import TfaRegionalOptions
from infobip_api_client.models.tfa_update_email_message_request import TfaUpdateEmailMessageRequest
from infobip_api_client.models.tfa_update_message_request import TfaUpdateMessageRequest
from infobip_vendor import TEXT, new_application, new_message, tfa
from installation_under_test import same, step


def applications(target):
    api = tfa(target)
    wanted = {
        "pinAttempts": 5,
        "allowMultiplePinVerifications": True,
        "pinTimeToLive": "10m",
        "verifyPinLimit": "1/3s",
        "sendPinPerApplicationLimit": "10000/1d",
        "sendPinPerPhoneNumberLimit": "3/1d",
    }
    request = TfaApplicationRequest(
        name="My 2FA application", enabled=True, configuration=TfaApplicationConfiguration.from_dict(wanted)
    )
    created = api.create_tfa_application(request)
    assert created is not None, "the client understood no answer; it reads only status 200"
    same(created.name, "My 2FA application", "name")
    same(created.enabled, True, "enabled")
    same({name: created.configuration.to_dict()[name] for name in wanted}, wanted, "configuration")
    step(f"application created: {created.application_id}")

    least = api.create_tfa_application(TfaApplicationRequest(name="min"))
    unset = [name for name in wanted if least.configuration.to_dict().get(name) is None]
    same(unset, [], "parts of the configuration without a default")
    same(least.enabled, True, "enabled by default")
    step("application of a name alone has all defaults")

    same(api.get_tfa_application(created.application_id).to_dict(), created.to_dict(), "the application, read")
    listed = {one.application_id: one for one in api.get_tfa_applications()}
    same(listed[created.application_id].to_dict(), created.to_dict(), "the application, listed")
    assert least.application_id in listed, "the second application is not listed"
    step(f"applications listed: {len(listed)}")

    renamed = api.update_tfa_application(created.application_id, TfaApplicationRequest(name="x"))
    same(renamed.name, "x", "the new name")
    same(renamed.configuration.to_dict(), created.configuration.to_dict(), "the configuration after a new name")
    changed = TfaApplicationRequest(name="x", enabled=False, configuration=TfaApplicationConfiguration(pin_attempts=3))
    changed = api.update_tfa_application(created.application_id, changed)
    same((changed.enabled, changed.configuration.pin_attempts), (False, 3), "the update")
    same(api.get_tfa_application(created.application_id).to_dict(), changed.to_dict(), "the update, read")
    step("application updated")


def messages(target):
    api = tfa(target)
    application = new_application(api)
    request = TfaCreateMessageRequest(
        message_text=TEXT,
        pin_type=TfaPinType.NUMERIC,
        pin_length=4,
        language=TfaLanguage.EN,
        sender_id="Infobip 2FA",
        repeat_dtmf="1#",
        speech_rate=1.0,
        voice_name="Joanna",
        regional=TfaRegionalOptions(india_dlt=TfaIndiaDltOptions(principal_entity_id="1001", content_template_id="2002")),
    )
    created = api.create_tfa_message_template(application, request)
    same(created.application_id, application, "applicationId")
    same(created.pin_placeholder, "{{pin}}", "pinPlaceholder")
    same((created.message_text, created.pin_length, created.pin_type), (TEXT, 4, TfaPinType.NUMERIC), "the template")
    same((created.language, created.sender_id), (TfaLanguage.EN, "Infobip 2FA"), "the template's language and sender")
    same(created.repeat_dtmf, "1#", "repeatDTMF")
    same((created.speech_rate, created.voice_name), (1.0, "Joanna"), "the template's speech")
    same(created.regional.india_dlt.principal_entity_id, "1001", "indiaDlt")
    step(f"template created: {created.message_id}")

    same(api.get_tfa_message_template(application, created.message_id).to_dict(), created.to_dict(), "the template, read")
    other = new_message(api, application, "{{pin}} for {{name}}", pin_type=TfaPinType.ALPHANUMERIC)
    listed = {one.message_id for one in api.get_tfa_message_templates(application)}
    same(listed, {created.message_id, other}, "the templates, listed")
    step("templates listed")

    updated = api.update_tfa_message_template(application, created.message_id, TfaUpdateMessageRequest(pin_length=6))
    same((updated.pin_length, updated.message_text, updated.sender_id), (6, TEXT, "Infobip 2FA"), "the update")
    same(api.get_tfa_message_template(application, created.message_id).to_dict(), updated.to_dict(), "the update, read")
    step("template updated")


def languages(target):
    api = tfa(target)
    application = new_application(api)
    for language in TfaLanguage:
        created = api.create_tfa_message_template(
            application, TfaCreateMessageRequest(message_text=TEXT, pin_type=TfaPinType.HEX, language=language)
        )
        same(created.language, language, "language")
    same(len(api.get_tfa_message_templates(application)), len(TfaLanguage), "templates")
    step(f"templates in {len(TfaLanguage)} languages")


def email_messages(target):
    api = tfa(target)
    application = new_application(api)
    request = TfaCreateEmailMessageRequest(email_template_id=1234, var_from="company@example.com", landing_page_id="1_23456")
    created = api.create_tfa_email_message_template(application, request)
    same(created.application_id, application, "applicationId")
    same((created.email_template_id, created.landing_page_id), (1234, "1_23456"), "the template")
    same((created.pin_length, created.pin_type), (4, TfaPinType.NUMERIC), "the template's defaults")
    same(created.var_from, "company@example.com", "from")
    step(f"e-mail template created: {created.message_id}")
    updated = api.update_tfa_email_message_template(
        application, created.message_id, TfaUpdateEmailMessageRequest(pin_length=6)
    )
    same((updated.pin_length, updated.email_template_id, updated.var_from), (6, 1234, "company@example.com"), "the update")
    listed = [one.message_id for one in api.get_tfa_message_templates(application)]
    same(listed, [created.message_id], "the templates, listed")
    api.get_tfa_message_template(application, created.message_id)
    step("e-mail template updated and listed")


STEPS = [applications, messages, languages, email_messages]

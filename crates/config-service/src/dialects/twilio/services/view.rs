//! A service as a client sees it.

use pinfold_http::twilio::{Links, sid, time};
use pinfold_postgres::Service;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::super::Place;

/// A service.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TwilioService)]
pub(super) struct ServiceView {
    /// Its SID.
    #[schema(example = "VA0933f3bc087d2a617ac6dcb2ef5b8a61")]
    sid: String,
    /// The tenant.
    account_sid: String,
    /// Its name.
    #[schema(example = "My App")]
    friendly_name: String,
    /// The length of its codes.
    code_length: u8,
    lookup_enabled: bool,
    psd2_enabled: bool,
    skip_sms_to_landlines: bool,
    dtmf_input_required: bool,
    tts_name: Option<String>,
    do_not_share_warning_enabled: bool,
    custom_code_enabled: bool,
    #[schema(value_type = Object)]
    push: Value,
    totp: TotpView,
    default_template_sid: Option<String>,
    #[schema(value_type = Object)]
    whatsapp: Value,
    #[schema(value_type = Object)]
    passkeys: Value,
    verify_event_subscription_enabled: bool,
    date_created: String,
    date_updated: String,
    /// Its address.
    url: String,
    /// The addresses of what stands below it.
    #[schema(value_type = Object)]
    links: Links,
}

/// How authenticator apps make their codes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TwilioServiceTotp)]
struct TotpView {
    issuer: Option<String>,
    time_step: u8,
    code_length: u8,
    skew: u8,
}

impl ServiceView {
    pub(super) fn new(service: Service, place: &Place) -> Self {
        let (sid_, settings) = (sid("VA", service.id), service.settings);
        let path = format!("/v2/Services/{sid_}");
        let below = [
            ("verifications", "Verifications"),
            ("verification_checks", "VerificationCheck"),
            ("rate_limits", "RateLimits"),
            ("messaging_configurations", "MessagingConfigurations"),
            ("entities", "Entities"),
            ("webhooks", "Webhooks"),
        ];
        Self {
            account_sid: place.account_sid.clone(),
            friendly_name: service.name,
            code_length: settings.code_length,
            lookup_enabled: settings.lookup_enabled,
            psd2_enabled: settings.psd2_enabled,
            skip_sms_to_landlines: settings.skip_sms_to_landlines,
            dtmf_input_required: settings.dtmf_input_required,
            tts_name: settings.tts_name,
            do_not_share_warning_enabled: settings.do_not_share_warning_enabled,
            custom_code_enabled: settings.custom_code_enabled,
            push: json!({ "apn_credential_sid": null, "fcm_credential_sid": null, "include_date": false, "version": "v2" }),
            totp: TotpView {
                issuer: settings.totp_issuer,
                time_step: settings.totp.step_s,
                code_length: settings.totp.digits,
                skew: settings.totp.skew,
            },
            default_template_sid: settings.default_template.map(|template| sid("HJ", template)),
            whatsapp: json!({ "msg_service_sid": null, "from": null }),
            passkeys: json!({
                "relying_party": { "id": null, "name": null, "origins": [] },
                "authenticator_attachment": null,
                "discoverable_credentials": null,
                "user_verification": null,
            }),
            verify_event_subscription_enabled: settings.verify_event_subscription_enabled,
            date_created: time(service.created_ms),
            date_updated: time(service.updated_ms),
            url: place.base.url(&path),
            links: place.base.links(&path, &below),
            sid: sid_,
        }
    }
}

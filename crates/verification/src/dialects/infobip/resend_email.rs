//! Sends a PIN again by e-mail.
//! The PIN, its expiry and its attempts stay what they were.

use std::collections::BTreeMap;

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_core::channel::Channel;
use pinfold_http::{ApiException, Authorized, OptionalBody, PinSend, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use super::wire::{EmailStarted, again};
use crate::State;

/// What a resend by e-mail may change.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResendPinViaEmail {
    /// New values of the template's placeholders; without, those of the send.
    placeholders: Option<BTreeMap<String, String>>,
    /// New values of the landing page's placeholders.
    landing_page_placeholders: Option<BTreeMap<String, String>>,
}

/// Sends a PIN again by e-mail.
#[utoipa::path(
    post,
    path = "/2fa/2/pin/{pinId}/resend/email",
    operation_id = "pins.resend_email",
    tag = "PINs (Infobip 2FA)",
    params(("pinId" = String, Path, description = "The PIN's id"), ("Idempotency-Key" = Option<String>, Header, description = "The same key and body within a day give the first answer again")),
    request_body(content = Option<ResendPinViaEmail>),
    responses(
        (status = 200, description = "On its way", body = EmailStarted),
        (status = 400, description = "A field breaks a bound", body = ApiException),
        (status = 401, description = "No valid credential", body = ApiException),
        (status = 403, description = "Not allowed", body = ApiException),
        (status = 404, description = "No such PIN", body = ApiException),
        (status = 409, description = "The PIN is verified, exhausted, canceled or expired", body = ApiException),
        (status = 413, description = "Body too large", body = ApiException),
        (status = 415, description = "Not JSON", body = ApiException),
        (status = 422, description = "The idempotency key was used with another request", body = ApiException),
        (status = 429, description = "A limit; see Retry-After", body = ApiException),
        (status = 503, description = "Not available; see Retry-After", body = ApiException),
    )
)]
pub async fn handler(
    caller: Authorized<PinSend>,
    state: Data<State>,
    pin_id: Path<String>,
    request: HttpRequest,
    body: OptionalBody<ResendPinViaEmail>,
) -> Result<HttpResponse, Problem> {
    let OptionalBody { value: asked, bytes } = body;
    let mut placeholders = asked.placeholders.unwrap_or_default();
    placeholders.extend(asked.landing_page_placeholders.unwrap_or_default());
    let sent = again(&state, &caller, &request, &pin_id, Channel::Email, Some(placeholders), &bytes).await?;
    Ok(HttpResponse::Ok().json(EmailStarted::new(pin_id.to_ascii_uppercase(), sent.recipient.text().to_owned())))
}

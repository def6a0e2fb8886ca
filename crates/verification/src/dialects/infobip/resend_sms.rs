//! Sends a PIN again by SMS.
//! The PIN, its expiry and its attempts stay what they were.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_core::channel::Channel;
use pinfold_http::{ApiException, Authorized, OptionalBody, PinSend, Problem};

use super::wire::{ResendPin, SmsStarted, again, external_id};
use crate::State;

/// Sends a PIN again by SMS.
#[utoipa::path(
    post,
    path = "/2fa/2/pin/{pinId}/resend",
    operation_id = "pins.resend",
    tag = "PINs (Infobip 2FA)",
    params(("pinId" = String, Path, description = "The PIN's id"), ("Idempotency-Key" = Option<String>, Header, description = "The same key and body within a day give the first answer again")),
    request_body(content = Option<ResendPin>),
    responses(
        (status = 200, description = "On its way", body = SmsStarted),
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
    body: OptionalBody<ResendPin>,
) -> Result<HttpResponse, Problem> {
    let OptionalBody { value: asked, bytes } = body;
    let sent = again(&state, &caller, &request, &pin_id, Channel::Sms, asked.placeholders, &bytes).await?;
    let pin_id = pin_id.into_inner().to_ascii_uppercase();
    Ok(HttpResponse::Ok().json(SmsStarted {
        to: sent.recipient.text().to_owned(),
        nc_status: "NC_NOT_CONFIGURED",
        sms_status: "MESSAGE_SENT",
        external_message_id: external_id(asked.track_delivery, &pin_id, sent.deliveries),
        pin_id,
    }))
}

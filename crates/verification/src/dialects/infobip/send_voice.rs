//! Sends a PIN by a phone call that speaks it.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use pinfold_core::channel::Channel;
use pinfold_http::{ApiException, Authorized, Body, PinSend, Problem};

use super::wire::{ACCEPTED, CallStarted, Start, StartAuthentication, external_id, start};
use crate::State;

/// Send a PIN by voice.
#[utoipa::path(
    post,
    path = "/2fa/2/pin/voice",
    operation_id = "pins.send_voice",
    tag = "PINs (Infobip 2FA)",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key and body within a day give the first answer again")),
    request_body = StartAuthentication,
    responses(
        (status = 200, description = "On its way", body = CallStarted),
        (status = 400, description = "A field breaks a bound", body = ApiException),
        (status = 401, description = "No valid credential", body = ApiException),
        (status = 403, description = "Not allowed", body = ApiException),
        (status = 404, description = "No such application or template", body = ApiException),
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
    request: HttpRequest,
    body: Body<StartAuthentication>,
) -> Result<HttpResponse, Problem> {
    let Body { value: asked, bytes } = body;
    let sent = start(
        &state,
        &caller,
        &request,
        Start {
            channel: Channel::Voice,
            operation: "send voice",
            application_id: &asked.application_id,
            message_id: &asked.message_id,
            to: &asked.to,
            from: asked.from,
            placeholders: asked.placeholders.unwrap_or_default(),
            checks_line: false,
            body: &bytes,
        },
    )
    .await?;
    let pin_id = sent.pin.to_string();
    Ok(HttpResponse::Ok().json(CallStarted {
        to: sent.recipient.text().to_owned(),
        call_status: ACCEPTED,
        external_message_id: external_id(asked.track_delivery, &pin_id, 1),
        pin_id,
    }))
}

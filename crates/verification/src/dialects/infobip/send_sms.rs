//! Sends a PIN by SMS.
//!
//! `ncNeeded` asks for number intelligence before sending. Without a connection for lookups it is the offline kind. A number
//! that an SMS cannot reach (a fixed line, a range nobody has, a phone that is off) gets none; its PIN can still be called.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use pinfold_core::channel::Channel;
use pinfold_core::lookup::Reach;
use pinfold_http::{ApiException, Authorized, Body, Params, PinSend, Problem};
use serde::Deserialize;
use utoipa::IntoParams;

use super::wire::{SmsStarted, Start, StartAuthentication, external_id, flag, start};
use crate::State;
use crate::number_check::NumberCheck;

/// How a PIN is sent.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SendParams {
    /// Whether the number is looked at first; anything but `true` and `false` counts as not given.
    #[serde(rename = "ncNeeded", default, deserialize_with = "flag")]
    #[param(default = true)]
    nc_needed: Option<bool>,
}

/// Send a PIN by SMS.
#[utoipa::path(
    post,
    path = "/2fa/2/pin",
    operation_id = "pins.send",
    tag = "PINs (Infobip 2FA)",
    params(SendParams, ("Idempotency-Key" = Option<String>, Header, description = "The same key and body within a day give the first answer again")),
    request_body = StartAuthentication,
    responses(
        (status = 200, description = "On its way", body = SmsStarted),
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
    params: Params<SendParams>,
    request: HttpRequest,
    body: Body<StartAuthentication>,
) -> Result<HttpResponse, Problem> {
    let Body { value: asked, bytes } = body;
    let sent = start(
        &state,
        &caller,
        &request,
        Start {
            channel: Channel::Sms,
            operation: "send sms",
            application_id: &asked.application_id,
            message_id: &asked.message_id,
            to: &asked.to,
            from: asked.from,
            placeholders: asked.placeholders.unwrap_or_default(),
            checks_line: params.nc_needed.unwrap_or(true),
            body: &bytes,
        },
    )
    .await?;
    let pin_id = sent.pin.to_string();
    Ok(HttpResponse::Ok().json(SmsStarted {
        to: sent.recipient.text().to_owned(),
        nc_status: match sent.number {
            NumberCheck::NotAsked => "NC_NOT_CONFIGURED",
            NumberCheck::Asked(Reach::Unknown) => "NC_DESTINATION_UNKNOWN",
            NumberCheck::Asked(Reach::Reachable) => "NC_DESTINATION_REACHABLE",
            NumberCheck::Asked(Reach::NotReachable) => "NC_DESTINATION_NOT_REACHABLE",
        },
        sms_status: if sent.number.is_against() { "MESSAGE_NOT_SENT" } else { "MESSAGE_SENT" },
        external_message_id: external_id(asked.track_delivery, &pin_id, 1),
        pin_id,
    }))
}

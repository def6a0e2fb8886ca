//! Sends a code again, on the same or another channel; with `newCode` a new one, and the old one dies at once.

use std::collections::BTreeMap;

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_core::channel::UnknownChannel;
use pinfold_core::id::PinId;
use pinfold_http::dialect::OtpError;
use pinfold_http::{Authorized, OptionalBody, PinSend, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::{id, trace};
use super::wire::Queued;
use crate::State;
use crate::idempotency::IdempotencyKey;
use crate::resend::{Resend, resend};

/// What a resend may change.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResendOtpRequest {
    /// `sms` or `voice` for a number, `email` for an address; without, that of the last message.
    #[schema(example = "voice")]
    channel: Option<String>,
    /// New values of the template's placeholders; without, those of the send.
    placeholders: Option<BTreeMap<String, String>>,
    /// Whether a new code replaces the old one.
    new_code: Option<bool>,
}

/// Send a code again.
#[utoipa::path(
    post,
    path = "/v1/otp/{requestId}/resend",
    operation_id = "otp.resend",
    tag = "Codes (generic)",
    params(
        ("requestId" = String, Path, description = "The request that sent it"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key and body within a day give the first answer again"),
    ),
    request_body(content = Option<ResendOtpRequest>),
    responses(
        (status = 200, description = "On its way", body = Queued),
        (status = 400, description = "A field breaks a bound", body = OtpError),
        (status = 401, description = "No valid credential", body = OtpError),
        (status = 403, description = "Not allowed", body = OtpError),
        (status = 404, description = "No such request", body = OtpError),
        (status = 409, description = "The code is verified, exhausted, canceled or expired", body = OtpError),
        (status = 413, description = "Body too large", body = OtpError),
        (status = 415, description = "Not JSON", body = OtpError),
        (status = 422, description = "The idempotency key was used with another request", body = OtpError),
        (status = 429, description = "A limit; see Retry-After", body = OtpError),
        (status = 503, description = "Not available; see Retry-After", body = OtpError),
    )
)]
pub async fn handler(
    caller: Authorized<PinSend>,
    state: Data<State>,
    request_id: Path<String>,
    request: HttpRequest,
    body: OptionalBody<ResendOtpRequest>,
) -> Result<HttpResponse, Problem> {
    let OptionalBody { value: asked, bytes } = body;
    let pin: PinId = id(&request_id)?;
    let channel = asked.channel.as_deref().map(str::parse).transpose();
    let channel = channel.map_err(|error: UnknownChannel| Problem::field("channel", error.to_string()))?;
    let snapshot = state.snapshot(caller.tenant).await?;
    let (trace, operation) = (trace(&request), format!("otp resend {pin}"));
    let idempotency = IdempotencyKey::of(&request)?.map(|key| key.hashed(&snapshot.keys, &operation, &[&bytes]));
    let again = Resend {
        channel,
        placeholders: asked.placeholders,
        has_new_code: asked.new_code.unwrap_or(false),
        idempotency,
        trace: trace.as_deref(),
        ..Resend::new(pin)
    };
    let sent = resend(&state, &snapshot, &caller, again).await?;
    Ok(HttpResponse::Ok().json(Queued::new(pin.to_string(), &sent.recipient, sent.channel, sent.created_ms, sent.expires_ms)))
}

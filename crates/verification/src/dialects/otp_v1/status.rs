//! Says where a code stands, also after its life.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_http::clock::rfc3339_seconds;
use pinfold_http::dialect::OtpError;
use pinfold_http::{Authorized, PinSend, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::id;
use crate::State;
use crate::status::status;

/// Where a code stands.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OtpStatus {
    /// The request that sent it.
    request_id: String,
    /// `pending`, `verified`, `exhausted`, `canceled` or `expired`.
    #[schema(value_type = String, example = "pending")]
    status: &'static str,
    /// The channel of the last message.
    #[schema(value_type = String, example = "sms")]
    channel: &'static str,
    /// When it was accepted.
    created_at: String,
    /// When it dies.
    expires_at: String,
    /// When it was first verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    verified_at: Option<String>,
    /// Guesses that are left.
    attempts_remaining: u8,
    /// Messages so far.
    deliveries: u8,
}

/// Read where a code stands.
#[utoipa::path(
    get,
    path = "/v1/otp/{requestId}",
    operation_id = "otp.status",
    tag = "Codes (generic)",
    params(("requestId" = String, Path, description = "The request that sent it")),
    responses(
        (status = 200, description = "Where it stands", body = OtpStatus),
        (status = 401, description = "No valid credential", body = OtpError),
        (status = 403, description = "Not allowed", body = OtpError),
        (status = 404, description = "No such request", body = OtpError),
        (status = 503, description = "Not available; see Retry-After", body = OtpError),
    )
)]
pub async fn handler(caller: Authorized<PinSend>, state: Data<State>, request_id: Path<String>) -> Result<HttpResponse, Problem> {
    let pin = id(&request_id)?;
    let standing = status(&state, &caller, pin).await?;
    Ok(HttpResponse::Ok().json(OtpStatus {
        request_id: pin.to_string(),
        status: standing.word,
        channel: standing.channel.name(),
        created_at: rfc3339_seconds(standing.created_ms),
        expires_at: rfc3339_seconds(standing.expires_ms),
        verified_at: standing.verified_ms.map(rfc3339_seconds),
        attempts_remaining: standing.attempts_left,
        deliveries: standing.deliveries,
    }))
}

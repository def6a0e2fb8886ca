//! The person says that no message came: the next step of the fallback plan starts now.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_core::id::PinId;
use pinfold_http::dialect::OtpError;
use pinfold_http::{Authorized, PinSend, Problem};

use super::super::id;
use super::wire::Queued;
use crate::State;
use crate::idempotency::IdempotencyKey;
use crate::next::next;

/// Send a code by the next channel of its fallback plan, because no message came.
#[utoipa::path(
    post,
    path = "/v1/otp/{requestId}/next",
    operation_id = "otp.next",
    tag = "Codes (generic)",
    params(
        ("requestId" = String, Path, description = "The request that sent it"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key within a day starts no further step"),
    ),
    responses(
        (status = 200, description = "On its way", body = Queued),
        (status = 400, description = "The idempotency key is malformed", body = OtpError),
        (status = 401, description = "No valid credential", body = OtpError),
        (status = 403, description = "Not allowed", body = OtpError),
        (status = 404, description = "No such request", body = OtpError),
        (status = 409, description = "No step is left, or the code is verified, exhausted, canceled or expired", body = OtpError),
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
) -> Result<HttpResponse, Problem> {
    let pin: PinId = id(&request_id)?;
    let snapshot = state.snapshot(caller.tenant).await?;
    let operation = format!("otp next {pin}");
    let idempotency = IdempotencyKey::of(&request)?.map(|key| key.hashed(&snapshot.keys, &operation, &[]));
    let sent = next(&state, &snapshot, &caller, pin, idempotency).await?;
    Ok(HttpResponse::Ok().json(Queued::new(pin.to_string(), &sent.recipient, sent.channel, sent.created_ms, sent.expires_ms)))
}

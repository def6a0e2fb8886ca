//! Verifies a PIN. A wrong one is an ordinary answer: 200 with `verified: false`, what is left, and why.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_core::life::{Terminal, Verdict};
use pinfold_http::{ApiException, Authorized, Body, PinVerify, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::id;
use crate::State;
use crate::idempotency::IdempotencyKey;
use crate::verify::{Judged, Typed, Which, judge};

/// A guess.
#[derive(Debug, Deserialize, ToSchema)]
pub struct VerifyPinRequest {
    /// The PIN as the person typed it: a string, because leading zeros count.
    #[schema(example = "1598", min_length = 1, max_length = 32)]
    pin: String,
}

/// What the guess was worth.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VerifyPinResponse {
    /// The PIN's id.
    pin_id: String,
    /// The number or address it went to.
    msisdn: String,
    /// Whether it was right.
    verified: bool,
    /// Guesses that are left; 0 once the PIN is over.
    attempts_remaining: u8,
    /// Why not: `WRONG_PIN`, `TTL_EXPIRED` or `NO_MORE_PIN_ATTEMPTS`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pin_error: Option<&'static str>,
}

/// Verify a PIN.
#[utoipa::path(
    post,
    path = "/2fa/2/pin/{pinId}/verify",
    operation_id = "pins.verify",
    tag = "PINs (Infobip 2FA)",
    params(
        ("pinId" = String, Path, description = "The PIN's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "A success whose answer was lost is given again to the same key"),
    ),
    request_body = VerifyPinRequest,
    responses(
        (status = 200, description = "Judged", body = VerifyPinResponse),
        (status = 400, description = "Empty or too long; nothing was spent", body = ApiException),
        (status = 401, description = "No valid credential", body = ApiException),
        (status = 403, description = "Not allowed", body = ApiException),
        (status = 404, description = "No such PIN", body = ApiException),
        (status = 413, description = "Body too large", body = ApiException),
        (status = 415, description = "Not JSON", body = ApiException),
        (status = 429, description = "Throttled or locked; nothing was spent, see Retry-After", body = ApiException),
        (status = 503, description = "Not available; see Retry-After", body = ApiException),
    )
)]
pub async fn handler(
    caller: Authorized<PinVerify>,
    state: Data<State>,
    pin_id: Path<String>,
    request: HttpRequest,
    body: Body<VerifyPinRequest>,
) -> Result<HttpResponse, Problem> {
    let which = Which::Pin(id(&pin_id)?);
    let snapshot = state.snapshot(caller.tenant).await?;
    let idempotency = IdempotencyKey::of(&request)?;
    let typed = Typed { field: "pin", guess: &body.value.pin, bound: None };
    let judged = judge(&state, &snapshot, &caller, which, typed, idempotency).await?;
    Ok(HttpResponse::Ok().json(VerifyPinResponse::from(judged)))
}

impl From<Judged> for VerifyPinResponse {
    fn from(judged: Judged) -> Self {
        let (verified, remaining, pin_error) = match judged.verdict {
            Verdict::Verified { remaining } => (true, if judged.record.flags.may_repeat { remaining } else { 0 }, None),
            Verdict::Wrong { remaining } => (false, remaining, Some("WRONG_PIN")),
            Verdict::Alien => (false, judged.record.attempts_left(), Some("WRONG_PIN")),
            // A PIN that was used has no attempts left; one that was cancelled has no life left. The vendor has no other words.
            Verdict::Terminal(Terminal::Exhausted | Terminal::AlreadyVerified) => (false, 0, Some("NO_MORE_PIN_ATTEMPTS")),
            Verdict::Terminal(Terminal::Expired | Terminal::Canceled) | Verdict::Refused(_) | Verdict::Unknown => {
                (false, 0, Some("TTL_EXPIRED"))
            }
        };
        Self {
            pin_id: judged.pin.to_string(),
            msisdn: judged.recipient.text().to_owned(),
            verified,
            attempts_remaining: remaining,
            pin_error,
        }
    }
}

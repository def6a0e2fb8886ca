//! Validates a code. A right one is answered with nothing; everything else is an error with the specification's code.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use pinfold_core::life::{Terminal, Verdict};
use pinfold_http::dialect::CamaraError;
use pinfold_http::{Authorized, Body, Code, PinVerify, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::pin_id;
use crate::State;
use crate::verify::{Which, verify};

/// The longest code, in characters.
const LONGEST_CODE: usize = 10;

/// A guess.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CamaraValidateCode)]
pub struct ValidateCodeRequest {
    /// What `send-code` answered.
    #[schema(example = "ea0840f3-3663-4149-bd10-c7c6b8912105", max_length = 36)]
    authentication_id: String,
    /// The code as the person typed it.
    #[schema(example = "495021", min_length = 1, max_length = 10)]
    code: String,
}

/// Validate a code.
#[utoipa::path(
    post,
    path = "/one-time-password-sms/v1/validate-code",
    operation_id = "camara.validate_code",
    tag = "CAMARA one-time-password-sms",
    params(("x-correlator" = Option<String>, Header, description = "Comes back with the answer")),
    request_body = ValidateCodeRequest,
    responses(
        (status = 204, description = "The code is right"),
        (status = 400, description = "`INVALID_ARGUMENT`, `INVALID_OTP`, `VERIFICATION_EXPIRED` or `VERIFICATION_FAILED`", body = CamaraError),
        (status = 401, description = "`UNAUTHENTICATED`", body = CamaraError),
        (status = 403, description = "`PERMISSION_DENIED`", body = CamaraError),
        (status = 404, description = "`NOT_FOUND`", body = CamaraError),
        (status = 413, description = "Body too large", body = CamaraError),
        (status = 415, description = "Not JSON", body = CamaraError),
        (status = 429, description = "Throttled or locked; nothing was spent, see Retry-After", body = CamaraError),
        (status = 503, description = "Not available; see Retry-After", body = CamaraError),
    )
)]
pub async fn handler(
    caller: Authorized<PinVerify>,
    state: Data<State>,
    body: Body<ValidateCodeRequest>,
) -> Result<HttpResponse, Problem> {
    let asked = body.value;
    if asked.code.chars().count() > LONGEST_CODE {
        return Err(Problem::field("code", format!("must have at most {LONGEST_CODE} characters")));
    }
    let snapshot = state.snapshot(caller.tenant).await?;
    let pin = pin_id(&asked.authentication_id)?;
    // A guess at a PIN of another application is not judged.
    if !state.reaches(&caller, &snapshot, pin).await? {
        return Err(Problem::new(Code::NotFound));
    }
    let judged = verify(&state, &snapshot, &caller, Which::Pin(pin), "code", &asked.code, None).await?;
    Ok(match refusal(judged.verdict) {
        None => HttpResponse::NoContent().finish(),
        Some((code, message)) => CamaraError::new(StatusCode::BAD_REQUEST, code, message).answer(),
    })
}

/// Why a guess is not good: code and message.
fn refusal(verdict: Verdict) -> Option<(&'static str, &'static str)> {
    match verdict {
        Verdict::Verified { .. } => None,
        Verdict::Wrong { remaining: 0 } | Verdict::Terminal(Terminal::Exhausted) => Some((
            "ONE_TIME_PASSWORD_SMS.VERIFICATION_FAILED",
            "The maximum number of attempts for this authenticationId was exceeded without providing a valid OTP",
        )),
        Verdict::Terminal(Terminal::AlreadyVerified | Terminal::Canceled | Terminal::Expired) => {
            Some(("ONE_TIME_PASSWORD_SMS.VERIFICATION_EXPIRED", "The authenticationId is no longer valid"))
        }
        Verdict::Wrong { .. } | Verdict::Refused(_) | Verdict::Alien | Verdict::Unknown => {
            Some(("ONE_TIME_PASSWORD_SMS.INVALID_OTP", "The provided OTP is not valid for this authenticationId"))
        }
    }
}

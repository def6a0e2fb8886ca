//! Judges the code that a person typed.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_core::life::{Terminal, Verdict};
use pinfold_http::dialect::VonageError;
use pinfold_http::vonage::Refusal;
use pinfold_http::{Authorized, Body, Code, PinVerify, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::State;
use crate::verify::{Typed, Which, judge};

/// A code.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = VonageCheckRequest)]
pub struct CheckRequest {
    /// The code as the person typed it.
    #[schema(min_length = 1, max_length = 32, example = "123456")]
    code: String,
}

/// A verification that is done.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VonageCheckResponse)]
pub struct CheckResponse {
    /// Its id.
    #[schema(example = "c11236f4-00bf-4b89-84ba-88b25df97315")]
    request_id: String,
    /// Always `completed`.
    #[schema(value_type = String, example = "completed")]
    status: &'static str,
}

/// Check a code.
#[utoipa::path(
    post,
    path = "/v2/verify/{requestId}",
    operation_id = "vonage.check",
    tag = "Codes (Vonage)",
    params(("requestId" = String, Path, description = "The verification", example = "c11236f4-00bf-4b89-84ba-88b25df97315")),
    request_body = CheckRequest,
    responses(
        (status = 200, description = "Right", body = CheckResponse),
        (status = 400, description = "Wrong", body = VonageError, content_type = "application/problem+json"),
        (status = 401, description = "No valid credential", body = VonageError, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = VonageError, content_type = "application/problem+json"),
        (status = 404, description = "There is no such verification, or it is over", body = VonageError, content_type = "application/problem+json"),
        (status = 410, description = "Wrong too many times", body = VonageError, content_type = "application/problem+json"),
        (status = 413, description = "Body too large", body = VonageError, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON", body = VonageError, content_type = "application/problem+json"),
        (status = 422, description = "Empty or too long; nothing was spent", body = VonageError, content_type = "application/problem+json"),
        (status = 429, description = "Throttled or locked; nothing was spent, see Retry-After", body = VonageError, content_type = "application/problem+json"),
        (status = 503, description = "Not available; see Retry-After", body = VonageError, content_type = "application/problem+json"),
    )
)]
pub async fn handler(
    caller: Authorized<PinVerify>,
    state: Data<State>,
    path: Path<String>,
    request: HttpRequest,
    body: Body<CheckRequest>,
) -> Result<HttpResponse, Problem> {
    let unknown = || Refusal::UnknownRequest(path.to_string()).answer(&request);
    let snapshot = state.snapshot(caller.tenant).await?;
    let Some(pin) = state.requested(&caller, &snapshot, &path).await? else { return Ok(unknown()) };
    let typed = Typed { field: "code", guess: &body.value.code, bound: None };
    let judged = match judge(&state, &snapshot, &caller, Which::Pin(pin), typed, None).await {
        Ok(judged) => judged,
        Err(problem) if problem.code == Code::NotFound => return Ok(unknown()),
        Err(problem) => return Err(problem),
    };
    Ok(match judged.verdict {
        Verdict::Verified { .. } => HttpResponse::Ok().json(CheckResponse { request_id: path.into_inner(), status: "completed" }),
        Verdict::Wrong { remaining: 0 } | Verdict::Terminal(Terminal::Exhausted) => Refusal::TooManyCodes.answer(&request),
        Verdict::Wrong { .. } | Verdict::Alien => Refusal::InvalidCode.answer(&request),
        Verdict::Terminal(_) | Verdict::Unknown | Verdict::Refused(_) => unknown(),
    })
}

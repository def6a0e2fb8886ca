//! Goes on to the next channel of a verification now.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::dialect::VonageError;
use pinfold_http::vonage::Refusal;
use pinfold_http::{Authorized, Code, PinSend, Problem};

use crate::State;
use crate::idempotency::IdempotencyKey;
use crate::next::next;

/// Go on to the next channel of a verification.
#[utoipa::path(
    post,
    path = "/v2/verify/{requestId}/next_workflow",
    operation_id = "vonage.next_workflow",
    tag = "Codes (Vonage)",
    params(("requestId" = String, Path, description = "The verification", example = "c11236f4-00bf-4b89-84ba-88b25df97315")),
    responses(
        (status = 200, description = "The next channel's message is on its way"),
        (status = 400, description = "The request cannot be understood", body = VonageError, content_type = "application/problem+json"),
        (status = 401, description = "No valid credential", body = VonageError, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = VonageError, content_type = "application/problem+json"),
        (status = 404, description = "There is no such verification, or it is over", body = VonageError, content_type = "application/problem+json"),
        (status = 409, description = "No channel is left", body = VonageError, content_type = "application/problem+json"),
        (status = 422, description = "The idempotency key was used with another request", body = VonageError, content_type = "application/problem+json"),
        (status = 429, description = "A limit; see Retry-After", body = VonageError, content_type = "application/problem+json"),
        (status = 503, description = "Not available; see Retry-After", body = VonageError, content_type = "application/problem+json"),
    )
)]
pub async fn handler(
    caller: Authorized<PinSend>,
    state: Data<State>,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let unknown = || Refusal::UnknownRequest(path.to_string()).answer(&request);
    let snapshot = state.snapshot(caller.tenant).await?;
    let Some(pin) = state.requested(&caller, &snapshot, &path).await? else { return Ok(unknown()) };
    let operation = format!("vonage next {pin}");
    let idempotency = IdempotencyKey::of(&request)?.map(|key| key.hashed(&snapshot.keys, &operation, &[]));
    match next(&state, &snapshot, &caller, pin, idempotency).await {
        Ok(_) => Ok(HttpResponse::Ok().finish()),
        Err(problem) if problem.code == Code::NoFallback => Ok(Refusal::NoEvents.answer(&request)),
        Err(problem) if matches!(problem.code, Code::NotFound | Code::PinOver) => Ok(unknown()),
        Err(problem) => Err(problem),
    }
}

//! Ends a verification.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::dialect::VonageError;
use pinfold_http::vonage::Refusal;
use pinfold_http::{Authorized, Code, PinVerify, Problem};

use crate::State;
use crate::cancel::cancel;

/// Cancel a verification.
#[utoipa::path(
    delete,
    path = "/v2/verify/{requestId}",
    operation_id = "vonage.cancel",
    tag = "Codes (Vonage)",
    params(("requestId" = String, Path, description = "The verification", example = "c11236f4-00bf-4b89-84ba-88b25df97315")),
    responses(
        (status = 204, description = "Canceled"),
        (status = 400, description = "The request cannot be understood", body = VonageError, content_type = "application/problem+json"),
        (status = 401, description = "No valid credential", body = VonageError, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = VonageError, content_type = "application/problem+json"),
        (status = 404, description = "There is no such verification, or it is over", body = VonageError, content_type = "application/problem+json"),
        (status = 503, description = "Not available; see Retry-After", body = VonageError, content_type = "application/problem+json"),
    )
)]
pub async fn handler(
    caller: Authorized<PinVerify>,
    state: Data<State>,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let unknown = || Refusal::UnknownRequest(path.to_string()).answer(&request);
    let snapshot = state.snapshot(caller.tenant).await?;
    let Some(pin) = state.requested(&caller, &snapshot, &path).await? else { return Ok(unknown()) };
    match cancel(&state, &caller, pin).await {
        Ok(()) => Ok(HttpResponse::NoContent().finish()),
        Err(problem) if matches!(problem.code, Code::NotFound | Code::PinOver) => Ok(unknown()),
        Err(problem) => Err(problem),
    }
}

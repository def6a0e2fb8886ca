//! Ends a code by the caller's wish; a message that has not left yet stays.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_http::dialect::OtpError;
use pinfold_http::{Authorized, PinVerify, Problem};

use super::super::id;
use crate::State;
use crate::cancel::cancel;

/// Cancel a code.
#[utoipa::path(
    delete,
    path = "/v1/otp/{requestId}",
    operation_id = "otp.cancel",
    tag = "Codes (generic)",
    params(("requestId" = String, Path, description = "The request that sent it")),
    responses(
        (status = 204, description = "Canceled"),
        (status = 401, description = "No valid credential", body = OtpError),
        (status = 403, description = "Not allowed", body = OtpError),
        (status = 404, description = "No such request", body = OtpError),
        (status = 409, description = "The code is verified, exhausted, canceled or expired", body = OtpError),
        (status = 503, description = "Not available; see Retry-After", body = OtpError),
    )
)]
pub async fn handler(
    caller: Authorized<PinVerify>,
    state: Data<State>,
    request_id: Path<String>,
) -> Result<HttpResponse, Problem> {
    cancel(&state, &caller, id(&request_id)?).await?;
    Ok(HttpResponse::NoContent().finish())
}

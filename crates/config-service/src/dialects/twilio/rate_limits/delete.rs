//! Removes a limit with its buckets.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_http::twilio::{Refusals, id};
use pinfold_http::{Authorized, ConfigWrite, Problem};

use super::super::service;
use crate::{State, store};

/// Removes a limit with its buckets.
#[utoipa::path(
    delete,
    path = "/v2/Services/{ServiceSid}/RateLimits/{RateLimitSid}",
    operation_id = "twilio_rate_limits.delete",
    tag = "Twilio Verify",
    params(("ServiceSid" = String, Path, description = "The service", example = "VA0933f3bc087d2a617ac6dcb2ef5b8a61"), ("RateLimitSid" = String, Path, description = "The limit", example = "RK0933f3bc087d2a617ac6dcb2ef5b8a61")),
    responses((status = 204, description = "It is gone"), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (service_sid, limit) = path.into_inner();
    let of = service(&state, &caller, &service_sid).await?;
    store::found(state.database.tenant(caller.tenant).rate_limits(of.id).delete(id("RK", &limit)?).await)?;
    Ok(HttpResponse::NoContent().finish())
}

//! Removes a bucket.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_core::id::BucketId;
use pinfold_http::twilio::{Refusals, id};
use pinfold_http::{Authorized, ConfigWrite, Problem};

use super::limit;
use crate::{State, store};

/// Removes a bucket.
#[utoipa::path(
    delete,
    path = "/v2/Services/{ServiceSid}/RateLimits/{RateLimitSid}/Buckets/{BucketSid}",
    operation_id = "twilio_buckets.delete",
    tag = "Twilio Verify",
    params(("ServiceSid" = String, Path, description = "The service", example = "VA0933f3bc087d2a617ac6dcb2ef5b8a61"), ("RateLimitSid" = String, Path, description = "The limit", example = "RK0933f3bc087d2a617ac6dcb2ef5b8a61"), ("BucketSid" = String, Path, description = "The bucket", example = "BL0933f3bc087d2a617ac6dcb2ef5b8a61")),
    responses((status = 204, description = "It is gone"), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Problem> {
    let (service_sid, limit_sid, sid) = path.into_inner();
    let bucket: BucketId = id("BL", &sid)?;
    let (application, limit) = limit(&state, &caller, &service_sid, &limit_sid).await?;
    let limits = state.database.tenant(caller.tenant).rate_limits(application);
    store::found(limits.delete_bucket(limit, bucket).await)?;
    Ok(HttpResponse::NoContent().finish())
}

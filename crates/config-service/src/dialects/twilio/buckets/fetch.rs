//! Shows a bucket.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_core::id::BucketId;
use pinfold_http::twilio::{Refusals, id};
use pinfold_http::{Authorized, ConfigRead, Problem};

use super::super::Place;
use super::limit;
use super::view::BucketView;
use crate::{State, store};

/// Shows a bucket.
#[utoipa::path(
    get,
    path = "/v2/Services/{ServiceSid}/RateLimits/{RateLimitSid}/Buckets/{BucketSid}",
    operation_id = "twilio_buckets.fetch",
    tag = "Twilio Verify",
    params(("ServiceSid" = String, Path, description = "The service", example = "VA0933f3bc087d2a617ac6dcb2ef5b8a61"), ("RateLimitSid" = String, Path, description = "The limit", example = "RK0933f3bc087d2a617ac6dcb2ef5b8a61"), ("BucketSid" = String, Path, description = "The bucket", example = "BL0933f3bc087d2a617ac6dcb2ef5b8a61")),
    responses((status = 200, description = "The bucket", body = BucketView), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigRead>,
    state: Data<State>,
    request: HttpRequest,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Problem> {
    let (service_sid, limit_sid, sid) = path.into_inner();
    let bucket: BucketId = id("BL", &sid)?;
    let (application, limit) = limit(&state, &caller, &service_sid, &limit_sid).await?;
    let limits = state.database.tenant(caller.tenant).rate_limits(application);
    let all = limits.buckets(limit).await.map_err(store::problem)?;
    let found = all.into_iter().find(|one| one.id == bucket).ok_or_else(store::missing)?;
    let view = BucketView::new(found, &service_sid, &limit_sid, &Place::of(&state, &request, &caller));
    Ok(HttpResponse::Ok().json(view))
}

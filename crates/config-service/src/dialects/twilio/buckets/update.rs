//! Changes a bucket. What the request leaves out stays.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_core::id::BucketId;
use pinfold_http::Form;
use pinfold_http::twilio::{Refusals, id};
use pinfold_http::{Authorized, ConfigWrite, Problem};
use pinfold_postgres::Added;

use super::super::{Place, conflict};
use super::limit;
use super::view::{BucketRequest, BucketView};
use crate::{State, store};

/// Changes a bucket. What the request leaves out stays.
#[utoipa::path(
    post,
    path = "/v2/Services/{ServiceSid}/RateLimits/{RateLimitSid}/Buckets/{BucketSid}",
    operation_id = "twilio_buckets.update",
    tag = "Twilio Verify",
    params(("ServiceSid" = String, Path, description = "The service", example = "VA0933f3bc087d2a617ac6dcb2ef5b8a61"), ("RateLimitSid" = String, Path, description = "The limit", example = "RK0933f3bc087d2a617ac6dcb2ef5b8a61"), ("BucketSid" = String, Path, description = "The bucket", example = "BL0933f3bc087d2a617ac6dcb2ef5b8a61")),
    request_body(content = BucketRequest, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "The bucket after the change", body = BucketView), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    request: HttpRequest,
    path: Path<(String, String, String)>,
    form: Form<BucketRequest>,
) -> Result<HttpResponse, Problem> {
    let (service_sid, limit_sid, sid) = path.into_inner();
    let bucket: BucketId = id("BL", &sid)?;
    let (application, limit) = limit(&state, &caller, &service_sid, &limit_sid).await?;
    let limits = state.database.tenant(caller.tenant).rate_limits(application);
    let all = limits.buckets(limit).await.map_err(store::problem)?;
    let stored = all.into_iter().find(|one| one.id == bucket).ok_or_else(store::missing)?;
    let (most, interval_s) = form.value.check(Some((stored.most, stored.interval_s)))?;
    match limits.change_bucket(limit, bucket, most, interval_s).await.map_err(store::problem)? {
        Added::Added(bucket) => {
            let view = BucketView::new(bucket, &service_sid, &limit_sid, &Place::of(&state, &request, &caller));
            Ok(HttpResponse::Ok().json(view))
        }
        Added::Taken => Err(conflict(60211, "A bucket of this interval is there already.")),
        Added::Full | Added::Gone => Err(store::missing()),
    }
}

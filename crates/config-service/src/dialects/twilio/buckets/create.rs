//! Gives a limit a bucket.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::Form;
use pinfold_http::twilio::Refusals;
use pinfold_http::{Authorized, ConfigWrite, Problem};
use pinfold_postgres::Added;

use super::super::{Place, conflict};
use super::limit;
use super::view::{BucketRequest, BucketView};
use crate::{State, store};

/// The buckets that a limit may have.
const MOST: usize = 10;

/// Gives a limit a bucket.
#[utoipa::path(
    post,
    path = "/v2/Services/{ServiceSid}/RateLimits/{RateLimitSid}/Buckets",
    operation_id = "twilio_buckets.create",
    tag = "Twilio Verify",
    params(("ServiceSid" = String, Path, description = "The service", example = "VA0933f3bc087d2a617ac6dcb2ef5b8a61"), ("RateLimitSid" = String, Path, description = "The limit", example = "RK0933f3bc087d2a617ac6dcb2ef5b8a61")),
    request_body(content = BucketRequest, content_type = "application/x-www-form-urlencoded"),
    responses((status = 201, description = "The bucket", body = BucketView), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    request: HttpRequest,
    path: Path<(String, String)>,
    form: Form<BucketRequest>,
) -> Result<HttpResponse, Problem> {
    let (service_sid, limit_sid) = path.into_inner();
    let (most, interval_s) = form.value.check(None)?;
    let (application, limit) = limit(&state, &caller, &service_sid, &limit_sid).await?;
    let limits = state.database.tenant(caller.tenant).rate_limits(application);
    match limits.add_bucket(limit, most, interval_s, MOST).await.map_err(store::problem)? {
        Added::Added(bucket) => {
            let view = BucketView::new(bucket, &service_sid, &limit_sid, &Place::of(&state, &request, &caller));
            Ok(HttpResponse::Created().json(view))
        }
        Added::Taken => Err(conflict(60211, "A bucket of this interval is there already.")),
        Added::Full => Err(conflict(60210, "A rate limit has at most 10 buckets.")),
        Added::Gone => Err(store::missing()),
    }
}

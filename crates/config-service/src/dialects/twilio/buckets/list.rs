//! Lists the buckets of a limit, oldest first.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::twilio::{Meta, PageParams, Refusals};
use pinfold_http::{Authorized, ConfigRead, Params, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::Place;
use super::limit;
use super::view::BucketView;
use crate::{State, store};

/// A page of them.
#[derive(Serialize, ToSchema)]
#[schema(as = TwilioBuckets)]
struct ListView {
    buckets: Vec<BucketView>,
    meta: Meta,
}

/// Lists the buckets of a limit, oldest first.
#[utoipa::path(
    get,
    path = "/v2/Services/{ServiceSid}/RateLimits/{RateLimitSid}/Buckets",
    operation_id = "twilio_buckets.list",
    tag = "Twilio Verify",
    params(("ServiceSid" = String, Path, description = "The service", example = "VA0933f3bc087d2a617ac6dcb2ef5b8a61"), ("RateLimitSid" = String, Path, description = "The limit", example = "RK0933f3bc087d2a617ac6dcb2ef5b8a61"), PageParams),
    responses((status = 200, description = "A page of them", body = ListView), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigRead>,
    state: Data<State>,
    request: HttpRequest,
    path: Path<(String, String)>,
    params: Params<PageParams>,
) -> Result<HttpResponse, Problem> {
    let (page, place) = (params.page()?, Place::of(&state, &request, &caller));
    let (service_sid, limit_sid) = path.into_inner();
    let (application, limit) = limit(&state, &caller, &service_sid, &limit_sid).await?;
    let limits = state.database.tenant(caller.tenant).rate_limits(application);
    let all = limits.buckets(limit).await.map_err(store::problem)?;
    let (all, has_next) = page.of(all);
    Ok(HttpResponse::Ok().json(ListView {
        buckets: all.into_iter().map(|one| BucketView::new(one, &service_sid, &limit_sid, &place)).collect(),
        meta: page.meta(
            &place.base,
            &format!("/v2/Services/{service_sid}/RateLimits/{limit_sid}/Buckets"),
            "",
            "buckets",
            has_next,
        ),
    }))
}

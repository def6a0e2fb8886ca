//! Lists the limits of a service, oldest first.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::twilio::{Meta, PageParams, Refusals};
use pinfold_http::{Authorized, ConfigRead, Params, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::{Place, service};
use super::view::RateLimitView;
use crate::{State, store};

/// A page of them.
#[derive(Serialize, ToSchema)]
#[schema(as = TwilioRateLimits)]
struct ListView {
    rate_limits: Vec<RateLimitView>,
    meta: Meta,
}

/// Lists the limits of a service, oldest first.
#[utoipa::path(
    get,
    path = "/v2/Services/{ServiceSid}/RateLimits",
    operation_id = "twilio_rate_limits.list",
    tag = "Twilio Verify",
    params(("ServiceSid" = String, Path, description = "The service", example = "VA0933f3bc087d2a617ac6dcb2ef5b8a61"), PageParams),
    responses((status = 200, description = "A page of them", body = ListView), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigRead>,
    state: Data<State>,
    request: HttpRequest,
    path: Path<String>,
    params: Params<PageParams>,
) -> Result<HttpResponse, Problem> {
    let (page, place) = (params.page()?, Place::of(&state, &request, &caller));
    let of = service(&state, &caller, &path).await?;
    let all = state.database.tenant(caller.tenant).rate_limits(of.id).list().await.map_err(store::problem)?;
    let (all, has_next) = page.of(all);
    Ok(HttpResponse::Ok().json(ListView {
        rate_limits: all.into_iter().map(|one| RateLimitView::new(one, &path, &place)).collect(),
        meta: page.meta(&place.base, &format!("/v2/Services/{path}/RateLimits"), "", "rate_limits", has_next),
    }))
}

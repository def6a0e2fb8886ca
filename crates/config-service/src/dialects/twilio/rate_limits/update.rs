//! Changes what a limit is for.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::Form;
use pinfold_http::twilio::{Refusals, id};
use pinfold_http::{Authorized, ConfigWrite, Problem};

use super::super::{Place, service};
use super::view::{RateLimitRequest, RateLimitView, check_description};
use crate::{State, store};

/// Changes what a limit is for.
#[utoipa::path(
    post,
    path = "/v2/Services/{ServiceSid}/RateLimits/{RateLimitSid}",
    operation_id = "twilio_rate_limits.update",
    tag = "Twilio Verify",
    params(("ServiceSid" = String, Path, description = "The service", example = "VA0933f3bc087d2a617ac6dcb2ef5b8a61"), ("RateLimitSid" = String, Path, description = "The limit", example = "RK0933f3bc087d2a617ac6dcb2ef5b8a61")),
    request_body(content = RateLimitRequest, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "The limit after the change", body = RateLimitView), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    request: HttpRequest,
    path: Path<(String, String)>,
    form: Form<RateLimitRequest>,
) -> Result<HttpResponse, Problem> {
    let (service_sid, limit) = path.into_inner();
    let of = service(&state, &caller, &service_sid).await?;
    let (limits, id) = (state.database.tenant(caller.tenant).rate_limits(of.id), id("RK", &limit)?);
    let changed = match check_description(form.value.description)? {
        Some(description) => limits.describe(id, description).await,
        None => limits.get(id).await,
    };
    let view = RateLimitView::new(store::found(changed)?, &service_sid, &Place::of(&state, &request, &caller));
    Ok(HttpResponse::Ok().json(view))
}

//! Shows a limit.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::twilio::{Refusals, id};
use pinfold_http::{Authorized, ConfigRead, Problem};

use super::super::{Place, service};
use super::view::RateLimitView;
use crate::{State, store};

/// Shows a limit.
#[utoipa::path(
    get,
    path = "/v2/Services/{ServiceSid}/RateLimits/{RateLimitSid}",
    operation_id = "twilio_rate_limits.fetch",
    tag = "Twilio Verify",
    params(("ServiceSid" = String, Path, description = "The service", example = "VA0933f3bc087d2a617ac6dcb2ef5b8a61"), ("RateLimitSid" = String, Path, description = "The limit", example = "RK0933f3bc087d2a617ac6dcb2ef5b8a61")),
    responses((status = 200, description = "The limit", body = RateLimitView), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigRead>,
    state: Data<State>,
    request: HttpRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (service_sid, limit) = path.into_inner();
    let of = service(&state, &caller, &service_sid).await?;
    let limits = state.database.tenant(caller.tenant).rate_limits(of.id);
    let found = store::found(limits.get(id("RK", &limit)?).await)?;
    Ok(HttpResponse::Ok().json(RateLimitView::new(found, &service_sid, &Place::of(&state, &request, &caller))))
}

//! Creates a limit. It counts nothing until it has a bucket.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::Form;
use pinfold_http::twilio::Refusals;
use pinfold_http::{Authorized, ConfigWrite, Problem};
use pinfold_postgres::Added;

use super::super::{Place, conflict, service};
use super::view::{RateLimitRequest, RateLimitView, check_description};
use crate::{State, store};

/// The limits that a service may have.
const MOST: i64 = 20;

/// Creates a limit. It counts nothing until it has a bucket.
#[utoipa::path(
    post,
    path = "/v2/Services/{ServiceSid}/RateLimits",
    operation_id = "twilio_rate_limits.create",
    tag = "Twilio Verify",
    params(("ServiceSid" = String, Path, description = "The service", example = "VA0933f3bc087d2a617ac6dcb2ef5b8a61")),
    request_body(content = RateLimitRequest, content_type = "application/x-www-form-urlencoded"),
    responses((status = 201, description = "The limit", body = RateLimitView), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    request: HttpRequest,
    path: Path<String>,
    form: Form<RateLimitRequest>,
) -> Result<HttpResponse, Problem> {
    let of = service(&state, &caller, &path).await?;
    let name = form.value.unique_name.ok_or_else(|| Problem::field("UniqueName", "must be given"))?;
    let is_name = |name: &str| {
        (1..=255).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
    };
    if !is_name(&name) {
        return Err(Problem::field("UniqueName", "must have 1 to 255 letters, digits, _ - or .").numbered(60209));
    }
    let description = check_description(form.value.description)?.unwrap_or_default();
    let limits = state.database.tenant(caller.tenant).rate_limits(of.id);
    match limits.create(name, description, MOST).await.map_err(store::problem)? {
        Added::Added(limit) => {
            let view = RateLimitView::new(limit, &path, &Place::of(&state, &request, &caller));
            Ok(HttpResponse::Created().json(view))
        }
        Added::Taken => Err(conflict(60208, "A rate limit of this name is there already.")),
        Added::Full => Err(conflict(60207, "A service has at most 20 rate limits.")),
        Added::Gone => Err(store::missing()),
    }
}

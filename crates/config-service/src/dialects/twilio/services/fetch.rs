//! Shows a service.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::twilio::Refusals;
use pinfold_http::{Authorized, ConfigRead, Problem};

use super::super::{Place, service};
use super::view::ServiceView;
use crate::State;

/// Shows a service.
#[utoipa::path(
    get,
    path = "/v2/Services/{ServiceSid}",
    operation_id = "twilio_services.fetch",
    tag = "Twilio Verify",
    params(("ServiceSid" = String, Path, description = "The service", example = "VA0933f3bc087d2a617ac6dcb2ef5b8a61")),
    responses((status = 200, description = "The service", body = ServiceView), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigRead>,
    state: Data<State>,
    request: HttpRequest,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let found = service(&state, &caller, &path).await?;
    Ok(HttpResponse::Ok().json(ServiceView::new(found, &Place::of(&state, &request, &caller))))
}

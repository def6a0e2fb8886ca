//! Changes a service. What the request leaves out stays.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::Form;
use pinfold_http::twilio::Refusals;
use pinfold_http::{Authorized, ConfigWrite, Problem};

use super::super::{Place, service};
use super::settings::ServiceRequest;
use super::view::ServiceView;
use crate::{State, store};

/// Changes a service.
#[utoipa::path(
    post,
    path = "/v2/Services/{ServiceSid}",
    operation_id = "twilio_services.update",
    tag = "Twilio Verify",
    params(("ServiceSid" = String, Path, description = "The service", example = "VA0933f3bc087d2a617ac6dcb2ef5b8a61")),
    request_body(content = ServiceRequest, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "The service after the change", body = ServiceView), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    request: HttpRequest,
    path: Path<String>,
    form: Form<ServiceRequest>,
) -> Result<HttpResponse, Problem> {
    let stored = service(&state, &caller, &path).await?;
    let settings = form.value.apply(stored.settings, &state.ceilings)?;
    let name = form.value.friendly_name.unwrap_or(stored.name);
    let services = state.database.tenant(caller.tenant).services();
    store::found(services.update(stored.id, name, &settings).await)?;
    let changed = service(&state, &caller, &path).await?;
    Ok(HttpResponse::Ok().json(ServiceView::new(changed, &Place::of(&state, &request, &caller))))
}

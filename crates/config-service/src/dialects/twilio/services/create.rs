//! Creates a service: an application with the vendor's settings. Its limits are what the vendor's clients know.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use pinfold_core::application::Application;
use pinfold_core::service::ServiceSettings;
use pinfold_http::Form;
use pinfold_http::dialect::TwilioError;
use pinfold_http::twilio::Refusals;
use pinfold_http::{Authorized, ConfigWrite, Problem};

use super::super::{Place, service};
use super::settings::{ServiceRequest, limits};
use super::view::ServiceView;
use crate::{State, store};

/// Creates a service.
#[utoipa::path(
    post,
    path = "/v2/Services",
    operation_id = "twilio_services.create",
    tag = "Twilio Verify",
    request_body(content = ServiceRequest, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 201, description = "The service", body = ServiceView),
        (status = 400, description = "A parameter is missing or past its bound", body = TwilioError),
        Refusals,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    request: HttpRequest,
    form: Form<ServiceRequest>,
) -> Result<HttpResponse, Problem> {
    let settings = form.value.apply(ServiceSettings::default(), &state.ceilings)?;
    let name = form.value.friendly_name.ok_or_else(|| Problem::field("FriendlyName", "must be given"))?;
    let application = Application::new(name, limits(&state.ceilings));
    let id = application.id;
    state.database.tenant(caller.tenant).services().create(application, &settings).await.map_err(store::problem)?;
    let created = service(&state, &caller, &pinfold_http::twilio::sid("VA", id)).await?;
    Ok(HttpResponse::Created().json(ServiceView::new(created, &Place::of(&state, &request, &caller))))
}

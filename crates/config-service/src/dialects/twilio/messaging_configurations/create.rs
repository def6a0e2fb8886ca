//! Keeps what a client says of a country.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::Form;
use pinfold_http::twilio::Refusals;
use pinfold_http::{Authorized, ConfigWrite, Problem};
use pinfold_postgres::Added;

use super::super::{Place, conflict, service};
use super::view::{ConfigurationRequest, ConfigurationView};
use crate::{State, store};

/// Keeps what a client says of a country.
#[utoipa::path(
    post,
    path = "/v2/Services/{ServiceSid}/MessagingConfigurations",
    operation_id = "twilio_messaging_configurations.create",
    tag = "Twilio Verify",
    params(("ServiceSid" = String, Path, description = "The service", example = "VA0933f3bc087d2a617ac6dcb2ef5b8a61")),
    request_body(content = ConfigurationRequest, content_type = "application/x-www-form-urlencoded"),
    responses((status = 201, description = "The configuration", body = ConfigurationView), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    request: HttpRequest,
    path: Path<String>,
    form: Form<ConfigurationRequest>,
) -> Result<HttpResponse, Problem> {
    let (country, messaging_service) = (form.value.country()?, form.value.messaging_service()?);
    let of = service(&state, &caller, &path).await?;
    let configurations = state.database.tenant(caller.tenant).messaging_configurations(of.id);
    match configurations.create(country, messaging_service).await.map_err(store::problem)? {
        Added::Added(created) => {
            let view = ConfigurationView::new(created, &path, &Place::of(&state, &request, &caller));
            Ok(HttpResponse::Created().json(view))
        }
        Added::Taken => Err(conflict(60213, "The country has a configuration already.")),
        Added::Full | Added::Gone => Err(store::missing()),
    }
}

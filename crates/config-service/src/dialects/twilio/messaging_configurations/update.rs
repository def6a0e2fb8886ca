//! Changes what was said of a country.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::Form;
use pinfold_http::twilio::Refusals;
use pinfold_http::{Authorized, ConfigWrite, Problem};

use super::super::{Place, service};
use super::view::{ConfigurationRequest, ConfigurationView};
use crate::{State, store};

/// Changes what was said of a country.
#[utoipa::path(
    post,
    path = "/v2/Services/{ServiceSid}/MessagingConfigurations/{Country}",
    operation_id = "twilio_messaging_configurations.update",
    tag = "Twilio Verify",
    params(("ServiceSid" = String, Path, description = "The service", example = "VA0933f3bc087d2a617ac6dcb2ef5b8a61"), ("Country" = String, Path, description = "Two letters, or `all`", example = "CA")),
    request_body(content = ConfigurationRequest, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "The configuration after the change", body = ConfigurationView), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    request: HttpRequest,
    path: Path<(String, String)>,
    form: Form<ConfigurationRequest>,
) -> Result<HttpResponse, Problem> {
    let (service_sid, country) = path.into_inner();
    let messaging_service = form.value.messaging_service()?;
    let of = service(&state, &caller, &service_sid).await?;
    let configurations = state.database.tenant(caller.tenant).messaging_configurations(of.id);
    let changed = store::found(configurations.update(country, messaging_service).await)?;
    Ok(HttpResponse::Ok().json(ConfigurationView::new(changed, &service_sid, &Place::of(&state, &request, &caller))))
}

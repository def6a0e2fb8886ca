//! Shows what was said of a country.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::twilio::Refusals;
use pinfold_http::{Authorized, ConfigRead, Problem};

use super::super::{Place, service};
use super::view::ConfigurationView;
use crate::{State, store};

/// Shows what was said of a country.
#[utoipa::path(
    get,
    path = "/v2/Services/{ServiceSid}/MessagingConfigurations/{Country}",
    operation_id = "twilio_messaging_configurations.fetch",
    tag = "Twilio Verify",
    params(("ServiceSid" = String, Path, description = "The service", example = "VA0933f3bc087d2a617ac6dcb2ef5b8a61"), ("Country" = String, Path, description = "Two letters, or `all`", example = "CA")),
    responses((status = 200, description = "The configuration", body = ConfigurationView), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigRead>,
    state: Data<State>,
    request: HttpRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (service_sid, country) = path.into_inner();
    let of = service(&state, &caller, &service_sid).await?;
    let found = store::found(state.database.tenant(caller.tenant).messaging_configurations(of.id).get(country).await)?;
    Ok(HttpResponse::Ok().json(ConfigurationView::new(found, &service_sid, &Place::of(&state, &request, &caller))))
}

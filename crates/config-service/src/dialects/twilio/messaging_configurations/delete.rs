//! Forgets what was said of a country.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_http::twilio::Refusals;
use pinfold_http::{Authorized, ConfigWrite, Problem};

use super::super::service;
use crate::{State, store};

/// Forgets what was said of a country.
#[utoipa::path(
    delete,
    path = "/v2/Services/{ServiceSid}/MessagingConfigurations/{Country}",
    operation_id = "twilio_messaging_configurations.delete",
    tag = "Twilio Verify",
    params(("ServiceSid" = String, Path, description = "The service", example = "VA0933f3bc087d2a617ac6dcb2ef5b8a61"), ("Country" = String, Path, description = "Two letters, or `all`", example = "CA")),
    responses((status = 204, description = "It is gone"), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (service_sid, country) = path.into_inner();
    let of = service(&state, &caller, &service_sid).await?;
    store::found(state.database.tenant(caller.tenant).messaging_configurations(of.id).delete(country).await)?;
    Ok(HttpResponse::NoContent().finish())
}

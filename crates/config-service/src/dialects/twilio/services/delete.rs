//! Deletes a service for the vendor's clients. Its application is switched off and stays: live PINs, records and keys may
//! name it.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_http::twilio::Refusals;
use pinfold_http::{Authorized, ConfigWrite, Problem};

use super::super::service;
use crate::{State, store};

/// Deletes a service.
#[utoipa::path(
    delete,
    path = "/v2/Services/{ServiceSid}",
    operation_id = "twilio_services.delete",
    tag = "Twilio Verify",
    params(("ServiceSid" = String, Path, description = "The service", example = "VA0933f3bc087d2a617ac6dcb2ef5b8a61")),
    responses((status = 204, description = "It is gone"), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut stored = service(&state, &caller, &path).await?;
    stored.settings.is_deleted = true;
    let services = state.database.tenant(caller.tenant).services();
    store::found(services.delete(stored.id, &stored.settings).await)?;
    Ok(HttpResponse::NoContent().finish())
}

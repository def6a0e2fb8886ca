//! Removes a person with its authenticator apps.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::twilio::Refusals;
use pinfold_http::{Authorized, Code, PinSend, Problem};

use super::super::Service;
use crate::State;
use crate::state::record_problem;

/// Removes a person with its authenticator apps.
#[utoipa::path(
    delete,
    path = "/v2/Services/{ServiceSid}/Entities/{Identity}",
    operation_id = "twilio_entities.delete",
    tag = "Twilio Verify",
    params(
        ("ServiceSid" = String, Path, description = "The service", example = "VA0933f3bc087d2a617ac6dcb2ef5b8a61"),
        ("Identity" = String, Path, description = "What the tenant calls the person", example = "ff483d1ff591898a9942916050d2ca3f"),
    ),
    responses((status = 204, description = "It is gone"), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<PinSend>,
    state: Data<State>,
    request: HttpRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let service = Service::find(&state, &caller, &request, &path.0).await?;
    let entity = service.entity(&state, &caller, &path.1).await?;
    let entities = state.database.tenant(caller.tenant).entities(service.id);
    entities.delete(entity.id).await.map_err(record_problem)?.ok_or_else(|| Problem::new(Code::NotFound))?;
    Ok(HttpResponse::NoContent().finish())
}

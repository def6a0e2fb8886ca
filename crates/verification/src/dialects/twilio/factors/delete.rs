//! Removes an authenticator app.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::twilio::Refusals;
use pinfold_http::{Authorized, Code, PinSend, Problem};

use super::super::Service;
use crate::State;
use crate::state::record_problem;

/// Removes an authenticator app.
#[utoipa::path(
    delete,
    path = "/v2/Services/{ServiceSid}/Entities/{Identity}/Factors/{FactorSid}",
    operation_id = "twilio_factors.delete",
    tag = "Twilio Verify",
    params(
        ("ServiceSid" = String, Path, description = "The service", example = "VA0933f3bc087d2a617ac6dcb2ef5b8a61"),
        ("Identity" = String, Path, description = "What the tenant calls the person", example = "ff483d1ff591898a9942916050d2ca3f"),
        ("FactorSid" = String, Path, description = "The app", example = "YF0933f3bc087d2a617ac6dcb2ef5b8a61"),
    ),
    responses((status = 204, description = "It is gone"), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<PinSend>,
    state: Data<State>,
    request: HttpRequest,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Problem> {
    let service = Service::find(&state, &caller, &request, &path.0).await?;
    let entity = service.entity(&state, &caller, &path.1).await?;
    let factor = service.factor(&state, &caller, entity.id, &path.2).await?;
    let factors = state.database.tenant(caller.tenant).factors(service.id, entity.id);
    factors.delete(factor.id).await.map_err(record_problem)?.ok_or_else(|| Problem::new(Code::NotFound).numbered(60390))?;
    Ok(HttpResponse::NoContent().finish())
}

//! Shows an authenticator app.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::twilio::Refusals;
use pinfold_http::{Authorized, PinSend, Problem};

use super::super::Service;
use super::view::FactorView;
use crate::State;

/// Shows an authenticator app.
#[utoipa::path(
    get,
    path = "/v2/Services/{ServiceSid}/Entities/{Identity}/Factors/{FactorSid}",
    operation_id = "twilio_factors.fetch",
    tag = "Twilio Verify",
    params(
        ("ServiceSid" = String, Path, description = "The service", example = "VA0933f3bc087d2a617ac6dcb2ef5b8a61"),
        ("Identity" = String, Path, description = "What the tenant calls the person", example = "ff483d1ff591898a9942916050d2ca3f"),
        ("FactorSid" = String, Path, description = "The app", example = "YF0933f3bc087d2a617ac6dcb2ef5b8a61"),
    ),
    responses((status = 200, description = "The app", body = FactorView), Refusals)
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
    Ok(HttpResponse::Ok().json(FactorView::new(factor, &entity, &service.place)))
}

//! Lists the authenticator apps of a person, oldest first.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::twilio::{Meta, PageParams, Refusals};
use pinfold_http::{Authorized, Params, PinSend, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::Service;
use super::view::FactorView;
use crate::State;
use crate::state::record_problem;

/// A page of apps.
#[derive(Serialize, ToSchema)]
#[schema(as = TwilioFactors)]
struct ListView {
    factors: Vec<FactorView>,
    meta: Meta,
}

/// Lists the authenticator apps of a person, oldest first.
#[utoipa::path(
    get,
    path = "/v2/Services/{ServiceSid}/Entities/{Identity}/Factors",
    operation_id = "twilio_factors.list",
    tag = "Twilio Verify",
    params(
        ("ServiceSid" = String, Path, description = "The service", example = "VA0933f3bc087d2a617ac6dcb2ef5b8a61"),
        ("Identity" = String, Path, description = "What the tenant calls the person", example = "ff483d1ff591898a9942916050d2ca3f"),
        PageParams,
    ),
    responses((status = 200, description = "A page of them", body = ListView), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<PinSend>,
    state: Data<State>,
    request: HttpRequest,
    path: Path<(String, String)>,
    params: Params<PageParams>,
) -> Result<HttpResponse, Problem> {
    let page = params.page()?;
    let service = Service::find(&state, &caller, &request, &path.0).await?;
    let entity = service.entity(&state, &caller, &path.1).await?;
    let all = state.database.tenant(caller.tenant).factors(service.id, entity.id).list().await.map_err(record_problem)?;
    let ((factors, has_next), place) = (page.of(all), &service.place);
    let path = format!("/v2/Services/{}/Entities/{}/Factors", place.service_sid, entity.identity);
    Ok(HttpResponse::Ok().json(ListView {
        factors: factors.into_iter().map(|factor| FactorView::new(factor, &entity, place)).collect(),
        meta: page.meta(&place.base, &path, "", "factors", has_next),
    }))
}

//! Lists people, oldest first.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::twilio::{Meta, PageParams, Refusals};
use pinfold_http::{Authorized, Params, PinSend, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::Service;
use super::view::EntityView;
use crate::State;
use crate::state::record_problem;

/// A page of people.
#[derive(Serialize, ToSchema)]
#[schema(as = TwilioEntities)]
struct ListView {
    entities: Vec<EntityView>,
    meta: Meta,
}

/// Lists people, oldest first.
#[utoipa::path(
    get,
    path = "/v2/Services/{ServiceSid}/Entities",
    operation_id = "twilio_entities.list",
    tag = "Twilio Verify",
    params(
        ("ServiceSid" = String, Path, description = "The service", example = "VA0933f3bc087d2a617ac6dcb2ef5b8a61"),
        PageParams,
    ),
    responses((status = 200, description = "A page of them", body = ListView), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<PinSend>,
    state: Data<State>,
    request: HttpRequest,
    path: Path<String>,
    params: Params<PageParams>,
) -> Result<HttpResponse, Problem> {
    let page = params.page()?;
    let service = Service::find(&state, &caller, &request, &path).await?;
    let entities = state.database.tenant(caller.tenant).entities(service.id);
    let read = entities.page(page.skip(), page.size + 1).await.map_err(record_problem)?;
    let ((entities, has_next), place) = (page.of_read(read), &service.place);
    let path = format!("/v2/Services/{}/Entities", place.service_sid);
    Ok(HttpResponse::Ok().json(ListView {
        entities: entities.into_iter().map(|entity| EntityView::new(entity, place)).collect(),
        meta: page.meta(&place.base, &path, "", "entities", has_next),
    }))
}

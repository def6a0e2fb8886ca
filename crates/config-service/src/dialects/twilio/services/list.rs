//! Lists services, oldest first: all applications, wherever they were made.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::twilio::{Meta, PageParams, Refusals};
use pinfold_http::{Authorized, ConfigRead, Params, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::Place;
use super::view::ServiceView;
use crate::{State, store};

/// A page of services.
#[derive(Serialize, ToSchema)]
#[schema(as = TwilioServices)]
struct ServicesView {
    services: Vec<ServiceView>,
    meta: Meta,
}

/// Lists services.
#[utoipa::path(
    get,
    path = "/v2/Services",
    operation_id = "twilio_services.list",
    tag = "Twilio Verify",
    params(PageParams),
    responses((status = 200, description = "A page of them", body = ServicesView), Refusals)
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigRead>,
    state: Data<State>,
    request: HttpRequest,
    params: Params<PageParams>,
) -> Result<HttpResponse, Problem> {
    let (page, place) = (params.page()?, Place::of(&state, &request, &caller));
    let mut all = state.database.tenant(caller.tenant).services().list().await.map_err(store::problem)?;
    all.retain(|service| !service.settings.is_deleted);
    let (services, has_next) = page.of(all);
    Ok(HttpResponse::Ok().json(ServicesView {
        services: services.into_iter().map(|service| ServiceView::new(service, &place)).collect(),
        meta: page.meta(&place.base, "/v2/Services", "", "services", has_next),
    }))
}

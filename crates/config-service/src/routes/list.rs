//! Lists the routes.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_http::{Authorized, ConfigRead, Problem, ProblemView};
use serde::Serialize;
use utoipa::ToSchema;

use super::view::RouteView;
use crate::refusals::Native;
use crate::{State, store};

/// A tenant's routes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RouteList)]
pub(crate) struct ListView {
    /// By channel and prefix.
    routes: Vec<RouteView>,
}

/// Lists the routes.
#[utoipa::path(
    get,
    path = "/v1/routes",
    operation_id = "routes.list",
    tag = "Routes",
    responses(
        (status = 200, description = "All routes, by channel and prefix", body = ListView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        Native,
    )
)]
pub(crate) async fn handler(caller: Authorized<ConfigRead>, state: Data<State>) -> Result<HttpResponse, Problem> {
    let routes = state.database.tenant(caller.tenant).routes().list().await.map_err(store::problem)?;
    let routes = routes.iter().map(RouteView::from).collect();
    Ok(HttpResponse::Ok().json(ListView { routes }))
}

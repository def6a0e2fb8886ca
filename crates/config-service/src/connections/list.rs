//! Lists the tenant's connections, oldest first, without their credentials.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_core::connection::Connection;
use pinfold_http::{Authorized, ConfigRead, Problem, ProblemView};
use serde::Serialize;
use utoipa::ToSchema;

use super::receipt_url::receipt_url;
use super::view::ConnectionView;
use crate::refusals::Native;
use crate::{State, store};

/// A tenant's provider connections.
#[derive(Serialize, ToSchema)]
#[schema(as = ConnectionList)]
pub(crate) struct ListView {
    /// The connections, oldest first.
    connections: Vec<ConnectionView>,
}

/// Lists the provider connections, without their credentials.
#[utoipa::path(
    get,
    path = "/v1/connections",
    operation_id = "connections.list",
    tag = "Connections",
    responses(
        (status = 200, description = "The connections, oldest first", body = ListView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        Native,
    )
)]
pub(crate) async fn handler(caller: Authorized<ConfigRead>, state: Data<State>) -> Result<HttpResponse, Problem> {
    let snapshot = state.snapshot(caller.tenant).await?;
    let connections = state.database.tenant(caller.tenant).connections();
    let generations = connections.receipt_generations().await.map_err(store::problem)?;
    let connections = connections.list(&snapshot.keys).await.map_err(store::problem)?;
    let view = |connection: Connection| {
        let generation = generations.get(&connection.id).copied().unwrap_or_default();
        let url = receipt_url(&state, &caller, &snapshot.keys, &connection, generation);
        ConnectionView::new(connection, url)
    };
    Ok(HttpResponse::Ok().json(ListView { connections: connections.into_iter().map(view).collect() }))
}

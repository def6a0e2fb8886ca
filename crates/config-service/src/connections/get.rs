//! Shows one connection, without its credentials.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_http::{Authorized, ConfigRead, Problem, ProblemView};

use super::receipt_url::receipt_url;
use super::view::ConnectionView;
use crate::refusals::NativeOne;
use crate::{State, store};

/// Shows one provider connection, without its credentials.
#[utoipa::path(
    get,
    path = "/v1/connections/{id}",
    operation_id = "connections.get",
    tag = "Connections",
    params(("id" = String, Path, description = "The connection", example = "5B6E0D3C1F2A49788C7B6A5948372615")),
    responses(
        (status = 200, description = "The connection", body = ConnectionView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        NativeOne,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigRead>,
    state: Data<State>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = store::id(&path)?;
    let snapshot = state.snapshot(caller.tenant).await?;
    let connections = state.database.tenant(caller.tenant).connections();
    let connection = store::found(connections.get(id, &snapshot.keys).await)?;
    let generations = connections.receipt_generations().await.map_err(store::problem)?;
    let generation = generations.get(&id).copied().unwrap_or_default();
    let url = receipt_url(&state, &caller, &snapshot.keys, &connection, generation);
    Ok(HttpResponse::Ok().json(ConnectionView::new(connection, url)))
}

//! Gives a connection a new address for receipts. The one before it ends at once.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_http::{Authorized, ConfigWrite, Problem, ProblemView};

use super::receipt_url::receipt_url;
use super::view::ConnectionView;
use crate::refusals::NativeOne;
use crate::{State, store};

/// Gives a provider connection a new address for delivery receipts.
///
/// The one before it is unknown within seconds. Messages sent before it was replaced report to the old one, in vain.
#[utoipa::path(
    post,
    path = "/v1/connections/{id}/receipt-url",
    operation_id = "connections.replace_receipt_url",
    tag = "Connections",
    params(("id" = String, Path, description = "The connection", example = "5B6E0D3C1F2A49788C7B6A5948372615")),
    responses(
        (status = 200, description = "The connection with its new address", body = ConnectionView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        NativeOne,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let (connections, id) = (state.database.tenant(caller.tenant).connections(), store::id(&path)?);
    let keys = &state.snapshot(caller.tenant).await?.keys;
    let connection = store::found(connections.get(id, keys).await)?;
    let generation = store::found(connections.replace_receipt_address(id).await)?;
    let url = receipt_url(&state, &caller, keys, &connection, generation);
    Ok(HttpResponse::Ok().json(ConnectionView::new(connection, url)))
}

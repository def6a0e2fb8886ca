//! Deletes an endpoint with all its messages.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_http::{Authorized, ConfigWrite, Problem, ProblemView};

use crate::refusals::NativeOne;
use crate::{State, store};

/// Deletes a webhook endpoint with all its messages.
#[utoipa::path(
    delete,
    path = "/v1/webhook-endpoints/{id}",
    operation_id = "webhook_endpoints.delete",
    tag = "Webhooks",
    params(("id" = String, Path, description = "The endpoint", example = "3D1F6A9C0B7E4852A1C4E6F8091B2D3A")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        NativeOne,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let endpoints = state.database.tenant(caller.tenant).webhook_endpoints();
    store::found(endpoints.delete(store::id(&path)?).await)?;
    Ok(HttpResponse::NoContent().finish())
}

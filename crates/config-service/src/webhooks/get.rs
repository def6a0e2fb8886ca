//! Shows one endpoint, without its secret.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_http::{Authorized, ConfigRead, Problem, ProblemView};

use super::view::EndpointView;
use crate::refusals::NativeOne;
use crate::{State, store};

/// Shows one webhook endpoint, without its secret.
#[utoipa::path(
    get,
    path = "/v1/webhook-endpoints/{id}",
    operation_id = "webhook_endpoints.get",
    tag = "Webhooks",
    params(("id" = String, Path, description = "The endpoint", example = "3D1F6A9C0B7E4852A1C4E6F8091B2D3A")),
    responses(
        (status = 200, description = "The endpoint", body = EndpointView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        NativeOne,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigRead>,
    state: Data<State>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let endpoints = state.database.tenant(caller.tenant).webhook_endpoints();
    let endpoint = store::found(endpoints.get(store::id(&path)?).await)?;
    Ok(HttpResponse::Ok().json(EndpointView::from(endpoint)))
}

//! Ends a block of the fraud guard.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_http::{Authorized, ConfigWrite, Problem, ProblemView};

use crate::refusals::NativeOne;
use crate::{State, store};

/// Ends a block, and forgets what led to it: the place begins anew.
#[utoipa::path(
    delete,
    path = "/v1/fraud/blocks/{id}",
    operation_id = "fraud.unblock",
    tag = "Fraud guard",
    params(("id" = String, Path, description = "The block", example = "634348")),
    responses(
        (status = 204, description = "It is ended"),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        NativeOne,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let name = hex::decode(path.as_str()).map_err(|_| store::missing())?;
    match state.hot.unblock(caller.tenant, &name).await.map_err(store::hot_problem)? {
        true => {
            store::tell(state.database.tenant(caller.tenant), "unblocked", "fraud_block", path.as_str()).await?;
            Ok(HttpResponse::NoContent().finish())
        }
        false => Err(store::missing()),
    }
}

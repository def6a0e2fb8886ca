//! Ends an API key for good, on every instance within five seconds. Ending it again is no error.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_http::{Authorized, KeysManage, Problem, ProblemView};

use crate::refusals::NativeOne;
use crate::{State, store};

/// Revokes an API key for good.
#[utoipa::path(
    delete,
    path = "/v1/api-keys/{keyId}",
    operation_id = "keys.revoke",
    tag = "API keys",
    params(("keyId" = String, Path, description = "The key", example = "573711510E1C002E29679B12C7CB48AE")),
    responses(
        (status = 204, description = "It is revoked"),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        NativeOne,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<KeysManage>,
    state: Data<State>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let (keys, id) = (state.database.tenant(caller.tenant).api_keys(), store::id(&path)?);
    if keys.revoke(id).await.map_err(store::problem)?.is_none() {
        store::found(keys.get(id).await)?;
    }
    Ok(HttpResponse::NoContent().finish())
}

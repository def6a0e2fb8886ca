//! Shows one API key, revoked or not.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_http::{Authorized, KeysManage, Problem, ProblemView};

use super::view::KeyView;
use crate::refusals::NativeOne;
use crate::{State, store};

/// Shows an API key.
#[utoipa::path(
    get,
    path = "/v1/api-keys/{keyId}",
    operation_id = "keys.get",
    tag = "API keys",
    params(("keyId" = String, Path, description = "The key", example = "573711510E1C002E29679B12C7CB48AE")),
    responses(
        (status = 200, description = "The key", body = KeyView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        NativeOne,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<KeysManage>,
    state: Data<State>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let scope = state.database.tenant(caller.tenant);
    let issued = store::found(scope.api_keys().get(store::id(&path)?).await)?;
    Ok(HttpResponse::Ok().json(KeyView::read(scope, issued).await?))
}

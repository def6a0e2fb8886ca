//! Shows one API key, without its secret.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_http::{Authorized, KeysManage, Problem};

use super::view::ApiKeyView;
use crate::refusals::{ApiException, InfobipOne};
use crate::{State, store};

/// Shows one API key, without its secret.
#[utoipa::path(
    get,
    path = "/settings/2/api-keys/{apiKeyId}",
    operation_id = "api_keys.get",
    tag = "API keys",
    params(("apiKeyId" = String, Path, description = "The key", example = "573711510E1C002E29679B12C7CB48AE")),
    responses(
        (status = 200, description = "The key", body = ApiKeyView),
        (status = 400, description = "The request cannot be understood", body = ApiException),
        InfobipOne,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<KeysManage>,
    state: Data<State>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let issued = store::found(state.database.tenant(caller.tenant).api_keys().get(store::id(&path)?).await)?;
    Ok(HttpResponse::Ok().json(ApiKeyView::of(caller.tenant, issued)))
}

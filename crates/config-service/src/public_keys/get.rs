//! Shows an application's public key.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_http::{Authorized, KeysManage, Problem, ProblemView};

use super::view::PublicKeyView;
use crate::refusals::NativeOne;
use crate::{State, store};

/// Shows the public key by which an application signs its own tokens.
#[utoipa::path(
    get,
    path = "/v1/applications/{appId}/public-key",
    operation_id = "public_keys.get",
    tag = "API keys",
    params(("appId" = String, Path, description = "The application", example = "0933F3BC087D2A617AC6DCB2EF5B8A61")),
    responses(
        (status = 200, description = "The key", body = PublicKeyView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        NativeOne,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<KeysManage>,
    state: Data<State>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let stored = store::found(state.database.tenant(caller.tenant).public_keys().get(store::id(&path)?).await)?;
    Ok(HttpResponse::Ok().json(PublicKeyView::from(stored)))
}

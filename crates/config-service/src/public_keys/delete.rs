//! Takes an application's public key away.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_core::id::ApplicationId;
use pinfold_http::{Authorized, KeysManage, Problem, ProblemView};

use super::authority;
use crate::refusals::NativeOne;
use crate::{State, store};

/// Takes an application's public key away. Its tokens are refused within seconds.
#[utoipa::path(
    delete,
    path = "/v1/applications/{appId}/public-key",
    operation_id = "public_keys.delete",
    tag = "API keys",
    params(("appId" = String, Path, description = "The application", example = "0933F3BC087D2A617AC6DCB2EF5B8A61")),
    responses(
        (status = 204, description = "The application has no key any more"),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        NativeOne,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<KeysManage>,
    state: Data<State>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let keys = state.database.tenant(caller.tenant).public_keys();
    let application: ApplicationId = store::id(&path)?;
    let current = store::found(keys.get(application).await)?;
    authority::check(&caller, Some(current.environment))?;
    store::found(keys.delete(application).await)?;
    Ok(HttpResponse::NoContent().finish())
}

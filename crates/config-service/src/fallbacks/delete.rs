//! Takes the fallback plan of a template away.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_http::{Authorized, ConfigWrite, Problem, ProblemView};

use crate::refusals::NativeOne;
use crate::{State, store};

/// Takes the fallback plan of a message template away. PINs that wait for a step of it get none any more.
#[utoipa::path(
    delete,
    path = "/v1/messages/{msgId}/fallback",
    operation_id = "fallbacks.delete",
    tag = "Message templates",
    params(("msgId" = String, Path, description = "The template", example = "B628A31410306DDB2BFB0D9CF1F3A3FF")),
    responses(
        (status = 204, description = "The template has no plan any more"),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        NativeOne,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let fallbacks = state.database.tenant(caller.tenant).fallbacks();
    store::found(fallbacks.set(store::id(&path)?, None).await)?;
    Ok(HttpResponse::NoContent().finish())
}

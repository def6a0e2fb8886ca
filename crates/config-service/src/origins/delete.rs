//! Forgets where something comes from.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_http::{Authorized, ConfigWrite, Problem, ProblemView};

use super::view::origin;
use crate::refusals::NativeOne;
use crate::{State, store};

/// Forgets where something comes from. The application or template stays; the next import makes another one.
#[utoipa::path(
    delete,
    path = "/v1/origins/{origin}",
    operation_id = "origins.delete",
    tag = "Imports",
    params(("origin" = String, Path, description = "The importer's reference", example = "twilio:VA15a1b0c2d3e4f5061728394a5b6c7d8e")),
    responses(
        (status = 204, description = "It is forgotten"),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        NativeOne,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    store::found(state.database.tenant(caller.tenant).origins().delete(origin(&path)?).await)?;
    Ok(HttpResponse::NoContent().finish())
}

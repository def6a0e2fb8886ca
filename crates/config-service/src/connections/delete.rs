//! Deletes a connection that no route uses.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_http::{Authorized, Code, ConfigWrite, Problem, ProblemView};
use pinfold_postgres::Error;

use crate::refusals::NativeUsed;
use crate::{State, store};

/// Deletes a provider connection that no route uses.
#[utoipa::path(
    delete,
    path = "/v1/connections/{id}",
    operation_id = "connections.delete",
    tag = "Connections",
    params(("id" = String, Path, description = "The connection", example = "5B6E0D3C1F2A49788C7B6A5948372615")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        NativeUsed,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let deleted = state.database.tenant(caller.tenant).connections().delete(store::id(&path)?).await;
    if deleted.as_ref().is_err_and(Error::is_refused) {
        return Err(Problem::new(Code::StillInUse)
            .detail("A route or the number lookup uses this connection: change or remove that first."));
    }
    store::found(deleted)?;
    Ok(HttpResponse::NoContent().finish())
}

//! Takes an entry from a list of the fraud guard.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_http::{Authorized, ConfigWrite, Problem, ProblemView};

use crate::refusals::NativeOne;
use crate::{State, store};

/// Takes an entry from a list of the fraud guard.
#[utoipa::path(
    delete,
    path = "/v1/fraud/lists/{id}",
    operation_id = "fraud.remove_entry",
    tag = "Fraud guard",
    params(("id" = String, Path, description = "The entry", example = "0933F3BC087D2A617AC6DCB2EF5B8A61")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        NativeOne,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    store::found(state.database.tenant(caller.tenant).fraud().remove(store::id(&path)?).await)?;
    Ok(HttpResponse::NoContent().finish())
}

//! Has no numbers looked up any more.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_http::{Authorized, ConfigWrite, Problem, ProblemView};

use crate::refusals::NativeOne;
use crate::{State, store};

/// Has no numbers looked up any more. What their metadata says is still heeded.
#[utoipa::path(
    delete,
    path = "/v1/number-lookup",
    operation_id = "number_lookup.delete",
    tag = "Number lookup",
    responses(
        (status = 204, description = "No number is looked up any more"),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        NativeOne,
    )
)]
pub(crate) async fn handler(caller: Authorized<ConfigWrite>, state: Data<State>) -> Result<HttpResponse, Problem> {
    store::found(state.database.tenant(caller.tenant).number_lookups().delete().await)?;
    Ok(HttpResponse::NoContent().finish())
}

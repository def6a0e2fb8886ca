//! Removes the route of a channel for some numbers.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_http::{Authorized, ConfigWrite, Problem, ProblemView};

use super::set_prefix::place;
use crate::refusals::NativeOne;
use crate::{State, store};

/// Removes the route of a channel for some numbers; they take the next shorter prefix then.
#[utoipa::path(
    delete,
    path = "/v1/routes/{channel}/{prefix}",
    operation_id = "routes.delete_prefix",
    tag = "Routes",
    params(
        ("channel" = String, Path, description = "`sms` or `voice`", example = "sms"),
        ("prefix" = String, Path, description = "Digits that numbers start with, or a country (ISO 3166-1)", example = "41"),
    ),
    responses(
        (status = 204, description = "There is no such route any more"),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        NativeOne,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (channel, prefix) = place(&path)?;
    store::found(state.database.tenant(caller.tenant).routes().remove(channel, prefix).await)?;
    Ok(HttpResponse::NoContent().finish())
}

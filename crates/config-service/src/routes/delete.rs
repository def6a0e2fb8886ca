//! Removes the default route of a channel.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_core::channel::Channel;
use pinfold_core::route::Prefix;
use pinfold_http::{Authorized, ConfigWrite, Problem, ProblemView};

use crate::refusals::NativeOne;
use crate::{State, store};

/// Removes the default route of a channel.
#[utoipa::path(
    delete,
    path = "/v1/routes/{channel}",
    operation_id = "routes.delete",
    tag = "Routes",
    params(("channel" = String, Path, description = "`sms`, `voice`, `email` or `push`", example = "sms")),
    responses(
        (status = 204, description = "The channel has no default route any more"),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        NativeOne,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let (routes, channel): (_, Channel) = (state.database.tenant(caller.tenant).routes(), store::id(&path)?);
    store::found(routes.remove(channel, Prefix::Any).await)?;
    Ok(HttpResponse::NoContent().finish())
}

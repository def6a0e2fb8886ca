//! Sets how sure an application's answers are.

use std::convert::Infallible;

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_core::application::{Application, Durability};
use pinfold_core::id::ApplicationId;
use pinfold_http::{Authorized, Body, ConfigWrite, Problem, ProblemView};
use pinfold_redis::Error;

use super::view::DurabilityView;
use crate::refusals::NativeOneBody;
use crate::{State, store};

/// Sets how sure an application's answers are. `strict` needs a replica of Redis that follows.
#[utoipa::path(
    put,
    path = "/v1/applications/{appId}/durability",
    operation_id = "durability.set",
    tag = "Applications",
    params(("appId" = String, Path, description = "The application", example = "0933F3BC087D2A617AC6DCB2EF5B8A61")),
    request_body = DurabilityView,
    responses(
        (status = 200, description = "The durability", body = DurabilityView),
        (status = 400, description = "It is none of the two, or no replica follows", body = ProblemView, content_type = "application/problem+json"),
        NativeOneBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    path: Path<String>,
    body: Body<DurabilityView>,
) -> Result<HttpResponse, Problem> {
    let (scope, id): (_, ApplicationId) = (state.database.tenant(caller.tenant), store::id(&path)?);
    store::found(scope.applications().get(id).await)?;
    let durability = body.value.durability;
    // Without one, every answer would be a 503.
    if durability == Durability::Strict {
        state.hot.replicated(caller.tenant).await.map_err(|error| match error {
            Error::NotReplicated => Problem::field("durability", "can be strict only while a replica of Redis follows"),
            error => store::hot_problem(error),
        })?;
    }
    let change = move |application| Ok::<_, Infallible>(Application { durability, ..application });
    let Ok(changed) = store::found(scope.applications().update(id, change).await)?;
    Ok(HttpResponse::Ok().json(DurabilityView { durability: changed.durability }))
}

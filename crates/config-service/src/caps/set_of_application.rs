//! Sets the caps of an application.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_core::id::ApplicationId;
use pinfold_http::{Authorized, Body, ConfigWrite, Problem, ProblemView};

use super::view::CapsView;
use crate::refusals::NativeOneBody;
use crate::{State, store};

/// Sets the caps of an application. They take the place of those before; those of the tenant hold beside them.
#[utoipa::path(
    put,
    path = "/v1/applications/{appId}/caps",
    operation_id = "caps.set_of_application",
    tag = "Caps and usage",
    params(("appId" = String, Path, description = "The application", example = "0933F3BC087D2A617AC6DCB2EF5B8A61")),
    request_body = CapsView,
    responses(
        (status = 200, description = "The caps", body = CapsView),
        (status = 400, description = "A field is past its bound", body = ProblemView, content_type = "application/problem+json"),
        NativeOneBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    path: Path<String>,
    body: Body<CapsView>,
) -> Result<HttpResponse, Problem> {
    let (scope, id): (_, ApplicationId) = (state.database.tenant(caller.tenant), store::id(&path)?);
    store::found(scope.applications().get(id).await)?;
    let caps = body.value.caps()?;
    match scope.caps().set(Some(id), caps).await {
        // It went away just now.
        Err(error) if error.is_refused() => return Err(store::missing()),
        answer => answer.map_err(store::problem)?,
    }
    Ok(HttpResponse::Ok().json(CapsView::from(caps)))
}

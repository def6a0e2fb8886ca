//! Shows how sure an application's answers are.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_core::id::ApplicationId;
use pinfold_http::{Authorized, ConfigRead, Problem, ProblemView};

use super::view::DurabilityView;
use crate::refusals::NativeOne;
use crate::{State, store};

/// Shows how sure an application's answers are.
#[utoipa::path(
    get,
    path = "/v1/applications/{appId}/durability",
    operation_id = "durability.get",
    tag = "Applications",
    params(("appId" = String, Path, description = "The application", example = "0933F3BC087D2A617AC6DCB2EF5B8A61")),
    responses(
        (status = 200, description = "The durability", body = DurabilityView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        NativeOne,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigRead>,
    state: Data<State>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let (scope, id): (_, ApplicationId) = (state.database.tenant(caller.tenant), store::id(&path)?);
    let application = store::found(scope.applications().get(id).await)?;
    Ok(HttpResponse::Ok().json(DurabilityView { durability: application.durability }))
}

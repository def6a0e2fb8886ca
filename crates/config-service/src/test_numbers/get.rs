//! Shows the test numbers of an application.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_core::id::ApplicationId;
use pinfold_http::{Authorized, ConfigRead, Problem, ProblemView};

use super::view::TestNumbersView;
use crate::refusals::NativeOne;
use crate::{State, store};

/// Shows the test numbers of an application, with their codes.
#[utoipa::path(
    get,
    path = "/v1/applications/{appId}/test-numbers",
    operation_id = "test_numbers.get",
    tag = "Test numbers",
    params(("appId" = String, Path, description = "The application", example = "0933F3BC087D2A617AC6DCB2EF5B8A61")),
    responses(
        (status = 200, description = "The numbers", body = TestNumbersView),
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
    store::found(scope.applications().get(id).await)?;
    let snapshot = state.snapshot(caller.tenant).await?;
    let numbers = scope.test_numbers(id).list(&snapshot.keys).await.map_err(store::problem)?;
    Ok(HttpResponse::Ok().json(TestNumbersView::from(&numbers)))
}

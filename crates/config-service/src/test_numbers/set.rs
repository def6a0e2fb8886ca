//! Sets the test numbers of an application.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_core::access::Environment;
use pinfold_core::id::ApplicationId;
use pinfold_http::{Authorized, Body, Code, ConfigWrite, Problem, ProblemView};

use super::view::TestNumbersView;
use crate::refusals::NativeOneBody;
use crate::{State, store};

/// Sets the test numbers of an application. They take the place of those before.
///
/// A PIN sent to one has the fixed code, whatever the request asks for, and nothing leaves. What it proves is marked `test`.
#[utoipa::path(
    put,
    path = "/v1/applications/{appId}/test-numbers",
    operation_id = "test_numbers.set",
    tag = "Test numbers",
    params(("appId" = String, Path, description = "The application", example = "0933F3BC087D2A617AC6DCB2EF5B8A61")),
    request_body = TestNumbersView,
    responses(
        (status = 200, description = "The numbers", body = TestNumbersView),
        (status = 400, description = "A field is past its bound", body = ProblemView, content_type = "application/problem+json"),
        NativeOneBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    path: Path<String>,
    body: Body<TestNumbersView>,
) -> Result<HttpResponse, Problem> {
    let (scope, id): (_, ApplicationId) = (state.database.tenant(caller.tenant), store::id(&path)?);
    store::found(scope.applications().get(id).await)?;
    // A fixed code holds in live traffic too: whoever has a key for trying things must not give one to somebody's number.
    if caller.environment == Environment::Sandbox {
        return Err(Problem::new(Code::Forbidden).detail("A sandbox key cannot set test numbers: they hold for live keys too."));
    }
    let numbers = body.value.read(&state.ceilings)?;
    let snapshot = state.snapshot(caller.tenant).await?;
    store::found(scope.test_numbers(id).set(numbers.clone(), snapshot).await)?;
    Ok(HttpResponse::Ok().json(TestNumbersView::from(&numbers)))
}

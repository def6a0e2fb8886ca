//! Gives a template a fallback plan.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_core::fallback::{Plan, Step};
use pinfold_core::field::FieldError;
use pinfold_core::id::MessageId;
use pinfold_http::{Authorized, Body, ConfigWrite, Problem, ProblemView};

use super::view::PlanView;
use crate::refusals::NativeOneBody;
use crate::{State, store};

/// Gives a message template a fallback plan.
#[utoipa::path(
    put,
    path = "/v1/messages/{msgId}/fallback",
    operation_id = "fallbacks.set",
    tag = "Message templates",
    params(("msgId" = String, Path, description = "The template", example = "B628A31410306DDB2BFB0D9CF1F3A3FF")),
    request_body = PlanView,
    responses(
        (status = 200, description = "The plan", body = PlanView),
        (status = 400, description = "A step is past its bound, or the waits are longer than a PIN lives", body = ProblemView, content_type = "application/problem+json"),
        NativeOneBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    path: Path<String>,
    body: Body<PlanView>,
) -> Result<HttpResponse, Problem> {
    let (scope, id): (_, MessageId) = (state.database.tenant(caller.tenant), store::id(&path)?);
    let message = store::found(scope.messages().get(id).await)?;
    let application = store::found(scope.applications().get(message.application).await)?;
    let steps: Vec<Step> = body.value.steps.into_iter().map(Step::from).collect();
    let plan = Plan::new(steps, None, application.limits.time_to_live.millis()).map_err(named)?;
    store::found(scope.fallbacks().set(id, Some(&plan)).await)?;
    Ok(HttpResponse::Ok().json(PlanView::from(&plan)))
}

/// The faults under the names of this body's fields.
fn named(errors: Vec<FieldError>) -> Vec<FieldError> {
    let name = |error: FieldError| FieldError { field: error.field.replacen("fallback", "steps", 1).into(), ..error };
    errors.into_iter().map(name).collect()
}

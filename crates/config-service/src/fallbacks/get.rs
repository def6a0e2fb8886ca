//! Shows the fallback plan of a template.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_http::{Authorized, ConfigRead, Problem, ProblemView};

use super::view::PlanView;
use crate::refusals::NativeOne;
use crate::{State, store};

/// Shows the fallback plan of a message template.
#[utoipa::path(
    get,
    path = "/v1/messages/{msgId}/fallback",
    operation_id = "fallbacks.get",
    tag = "Message templates",
    params(("msgId" = String, Path, description = "The template", example = "B628A31410306DDB2BFB0D9CF1F3A3FF")),
    responses(
        (status = 200, description = "The plan", body = PlanView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        NativeOne,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigRead>,
    state: Data<State>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let fallbacks = state.database.tenant(caller.tenant).fallbacks();
    let plan = store::found(fallbacks.get(store::id(&path)?).await)?.ok_or_else(store::missing)?;
    Ok(HttpResponse::Ok().json(PlanView::from(&plan)))
}

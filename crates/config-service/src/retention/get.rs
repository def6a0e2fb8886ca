//! Shows how long recipients are kept.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_http::{Authorized, ConfigRead, Problem, ProblemView};

use super::Retention;
use crate::refusals::Native;
use crate::{State, store};

/// Shows how long recipients are kept.
#[utoipa::path(
    get,
    path = "/v1/retention",
    operation_id = "retention.get",
    tag = "Privacy",
    responses(
        (status = 200, description = "How long", body = Retention),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        Native,
    )
)]
pub(crate) async fn handler(caller: Authorized<ConfigRead>, state: Data<State>) -> Result<HttpResponse, Problem> {
    let recipient_days = state.database.tenant(caller.tenant).privacy().recipient_days().await.map_err(store::problem)?;
    Ok(HttpResponse::Ok().json(Retention { recipient_days }))
}

//! Shows of which kinds of alerts nobody is told.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_http::{Authorized, Problem, ProblemView, ReportsRead};

use super::view::MutesView;
use crate::refusals::Native;
use crate::{State, store};

/// Shows of which kinds of alerts nobody is told, and until when.
#[utoipa::path(
    get,
    path = "/v1/alert-mutes",
    operation_id = "alerts.get_mutes",
    tag = "Alerts",
    responses(
        (status = 200, description = "The mutes", body = MutesView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        Native,
    )
)]
pub(crate) async fn handler(caller: Authorized<ReportsRead>, state: Data<State>) -> Result<HttpResponse, Problem> {
    let mutes = state.database.tenant(caller.tenant).alerts().mutes().await.map_err(store::problem)?;
    Ok(HttpResponse::Ok().json(MutesView::from(mutes)))
}

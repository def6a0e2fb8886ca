//! Shows the tenant's rules of the fraud guard.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_http::{Authorized, ConfigRead, Problem, ProblemView};

use super::view::RulesView;
use crate::refusals::Native;
use crate::{State, store};

/// Shows the rules of the fraud guard. A tenant that set none has those of the installation.
#[utoipa::path(
    get,
    path = "/v1/fraud/rules",
    operation_id = "fraud.get_rules",
    tag = "Fraud guard",
    responses(
        (status = 200, description = "The rules", body = RulesView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        Native,
    )
)]
pub(crate) async fn handler(caller: Authorized<ConfigRead>, state: Data<State>) -> Result<HttpResponse, Problem> {
    let rules = state.database.tenant(caller.tenant).fraud().rules().await.map_err(store::problem)?;
    Ok(HttpResponse::Ok().json(RulesView::from(rules.as_ref().unwrap_or(&state.fraud))))
}

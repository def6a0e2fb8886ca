//! Sets the tenant's rules of the fraud guard.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_http::{Authorized, Body, ConfigWrite, Problem, ProblemView};

use super::view::RulesView;
use crate::refusals::NativeBody;
use crate::{State, store};

/// Sets the rules of the fraud guard. They take the place of those before; what is left out has its default. They hold everywhere
/// within five seconds.
#[utoipa::path(
    put,
    path = "/v1/fraud/rules",
    operation_id = "fraud.set_rules",
    tag = "Fraud guard",
    request_body = RulesView,
    responses(
        (status = 200, description = "The rules", body = RulesView),
        (status = 400, description = "A field is past its bound", body = ProblemView, content_type = "application/problem+json"),
        NativeBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    body: Body<RulesView>,
) -> Result<HttpResponse, Problem> {
    let rules = body.value.rules()?;
    state.database.tenant(caller.tenant).fraud().set_rules(&rules).await.map_err(store::problem)?;
    Ok(HttpResponse::Ok().json(RulesView::from(&rules)))
}

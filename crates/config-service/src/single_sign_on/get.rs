//! Shows how a tenant's people sign in at its own provider.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_http::{Authorized, MembersManage, Problem, ProblemView};

use super::view::SingleSignOnView;
use crate::refusals::ConsoleOne;
use crate::{State, store};

/// Shows the single sign-on of the tenant, without its client secret; and what a provider has to be told before there is one.
#[utoipa::path(
    get,
    path = "/v1/single-sign-on",
    operation_id = "single_sign_on.get",
    tag = "Single sign-on",
    responses(
        (status = 200, description = "How people sign in", body = SingleSignOnView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        ConsoleOne,
    )
)]
pub(crate) async fn handler(caller: Authorized<MembersManage>, state: Data<State>) -> Result<HttpResponse, Problem> {
    let snapshot = state.snapshot(caller.tenant).await?;
    let setting = state.database.tenant(caller.tenant).single_sign_on();
    let sign_on = setting.get(&snapshot.keys).await.map_err(store::problem)?;
    Ok(HttpResponse::Ok().json(SingleSignOnView::of(&state, &caller, sign_on).await?))
}

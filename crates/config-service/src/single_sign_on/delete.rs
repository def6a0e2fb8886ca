//! Ends single sign-on, with the sessions of all who came by it.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_http::{Authorized, MembersManage, Problem, ProblemView};

use crate::refusals::ConsoleOne;
use crate::{State, store};

/// Ends the single sign-on of the tenant, and the sessions of all who came by it. A person needs a recent confirmation.
#[utoipa::path(
    delete,
    path = "/v1/single-sign-on",
    operation_id = "single_sign_on.delete",
    tag = "Single sign-on",
    responses(
        (status = 204, description = "Nobody signs in so any more"),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        ConsoleOne,
    )
)]
pub(crate) async fn handler(caller: Authorized<MembersManage>, state: Data<State>) -> Result<HttpResponse, Problem> {
    state.confirmed_caller(&caller).await?;
    store::found(state.database.tenant(caller.tenant).single_sign_on().delete().await)?;
    Ok(HttpResponse::NoContent().finish())
}

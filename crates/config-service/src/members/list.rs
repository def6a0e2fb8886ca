//! Lists the members of a tenant.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_http::{Authorized, ConfigRead, Problem, ProblemView};
use serde::Serialize;
use utoipa::ToSchema;

use super::view::MemberView;
use crate::refusals::Console;
use crate::{State, store};

/// The members.
#[derive(Serialize, ToSchema)]
#[schema(as = MemberList)]
pub(crate) struct MemberList {
    /// In the order they became it.
    members: Vec<MemberView>,
}

/// Lists the members.
#[utoipa::path(
    get,
    path = "/v1/members",
    operation_id = "members.list",
    tag = "Members",
    responses(
        (status = 200, description = "The members", body = MemberList),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        Console,
    )
)]
pub(crate) async fn handler(caller: Authorized<ConfigRead>, state: Data<State>) -> Result<HttpResponse, Problem> {
    let members = state.database.tenant(caller.tenant).members().list().await.map_err(store::problem)?;
    Ok(HttpResponse::Ok().json(MemberList { members: members.into_iter().map(MemberView::from).collect() }))
}

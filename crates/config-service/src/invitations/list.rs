//! Lists the open invitations of a tenant.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_http::{Authorized, MembersManage, Problem, ProblemView};
use serde::Serialize;
use utoipa::ToSchema;

use super::view::InvitationView;
use crate::refusals::Console;
use crate::{State, store};

/// The open invitations.
#[derive(Serialize, ToSchema)]
#[schema(as = InvitationList)]
pub(crate) struct InvitationList {
    /// The newest first.
    invitations: Vec<InvitationView>,
}

/// Lists the open invitations.
#[utoipa::path(
    get,
    path = "/v1/invitations",
    operation_id = "invitations.list",
    tag = "Members",
    responses(
        (status = 200, description = "The invitations", body = InvitationList),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        Console,
    )
)]
pub(crate) async fn handler(caller: Authorized<MembersManage>, state: Data<State>) -> Result<HttpResponse, Problem> {
    let open = state.database.tenant(caller.tenant).invitations().list().await.map_err(store::problem)?;
    Ok(HttpResponse::Ok().json(InvitationList { invitations: open.into_iter().map(InvitationView::from).collect() }))
}

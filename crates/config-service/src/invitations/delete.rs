//! Takes an invitation back.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_http::{Authorized, MembersManage, Problem, ProblemView};

use crate::refusals::ConsoleOne;
use crate::{State, store};

/// Takes an invitation back; its link ends.
#[utoipa::path(
    delete,
    path = "/v1/invitations/{id}",
    operation_id = "invitations.delete",
    tag = "Members",
    params(
        ("id" = String, Path, description = "The invitation", example = "5B6E0D3C1F2A49788C7B6A5948372615"),
    ),
    responses(
        (status = 204, description = "It is taken back"),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        ConsoleOne,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<MembersManage>,
    state: Data<State>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    store::found(state.database.tenant(caller.tenant).invitations().delete(store::id(&path)?).await)?;
    Ok(HttpResponse::NoContent().finish())
}

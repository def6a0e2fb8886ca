//! A member is removed. A tenant keeps an owner.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_core::id::PersonId;
use pinfold_http::{Authorized, Code, MembersManage, Problem, ProblemView};
use pinfold_postgres::Change;

use super::update::member;
use super::view::check_reach;
use crate::refusals::ConsoleOne;
use crate::{State, store};

/// Removes a member. A person needs a recent confirmation.
#[utoipa::path(
    delete,
    path = "/v1/members/{personId}",
    operation_id = "members.remove",
    tag = "Members",
    params(
        ("personId" = String, Path, description = "The person", example = "7C0B6F1D2E3A4958677685940A1B2C3D"),
    ),
    responses(
        (status = 204, description = "They are a member no more"),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        ConsoleOne,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<MembersManage>,
    state: Data<State>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let person: PersonId = store::id(&path)?;
    let members = state.database.tenant(caller.tenant).members();
    let known = member(members, person).await?;
    check_reach(&caller, known.role)?;
    state.confirmed_caller(&caller).await?;
    match members.change(person, None).await.map_err(store::problem)? {
        Change::Done(_) => Ok(HttpResponse::NoContent().finish()),
        Change::Missing => Err(store::missing()),
        Change::LastOwner => Err(Problem::new(Code::LastOwner)),
    }
}

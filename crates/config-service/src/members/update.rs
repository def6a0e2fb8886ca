//! Makes a member something else. Nobody gives or takes more than they hold, and a tenant keeps an owner.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_core::access::{Role, UnknownRole};
use pinfold_core::id::PersonId;
use pinfold_http::{Authorized, Body, Code, MembersManage, Problem, ProblemView};
use pinfold_postgres::{Change, Member, Members};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::{MemberView, check_reach};
use crate::refusals::ConsoleOneBody;
use crate::{State, store};

/// Another role.
#[derive(Deserialize, ToSchema)]
#[schema(as = MemberRequest)]
pub(crate) struct RoleRequest {
    /// `owner`, `admin`, `developer`, `analyst` or `viewer`.
    #[schema(example = "developer")]
    role: String,
}

/// One member.
///
/// # Errors
/// 404 when there is not one.
pub(super) async fn member(members: Members<'_>, person: PersonId) -> Result<Member, Problem> {
    let all = members.list().await.map_err(store::problem)?;
    all.into_iter().find(|member| member.person == person).ok_or_else(store::missing)
}

/// Changes the role of a member. A person needs a recent confirmation.
#[utoipa::path(
    put,
    path = "/v1/members/{personId}",
    operation_id = "members.update",
    tag = "Members",
    params(
        ("personId" = String, Path, description = "The person", example = "7C0B6F1D2E3A4958677685940A1B2C3D"),
    ),
    request_body = RoleRequest,
    responses(
        (status = 200, description = "The member", body = MemberView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        ConsoleOneBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<MembersManage>,
    state: Data<State>,
    path: Path<String>,
    body: Body<RoleRequest>,
) -> Result<HttpResponse, Problem> {
    let person: PersonId = store::id(&path)?;
    let members = state.database.tenant(caller.tenant).members();
    let known = member(members, person).await?;
    let role: Role = body.value.role.parse().map_err(|must: UnknownRole| Problem::field("role", must.to_string()))?;
    check_reach(&caller, known.role)?;
    check_reach(&caller, role)?;
    if known.is_managed && role == Role::Owner {
        return Err(Problem::new(Code::ManagedPerson).detail("Who comes in by the organization's own sign-in cannot own it."));
    }
    state.confirmed_caller(&caller).await?;
    match members.change(person, Some(role)).await.map_err(store::problem)? {
        Change::Done(_) => {}
        Change::Missing => return Err(store::missing()),
        Change::LastOwner => return Err(Problem::new(Code::LastOwner)),
    }
    Ok(HttpResponse::Ok().json(MemberView::from(member(members, person).await?)))
}

//! A member as a client sees it, and what who may do with whom.

use pinfold_core::access::Role;
use pinfold_core::id::PersonId;
use pinfold_http::clock::rfc3339;
use pinfold_http::{Caller, Code, Problem};
use pinfold_postgres::Member;
use serde::Serialize;
use utoipa::ToSchema;

/// A member.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Member)]
pub(crate) struct MemberView {
    /// Who.
    #[schema(value_type = String, example = "7C0B6F1D2E3A4958677685940A1B2C3D")]
    person_id: PersonId,
    /// Their address.
    #[schema(example = "john.smith@example.com")]
    email: String,
    /// Their name.
    #[schema(example = "John Smith")]
    name: String,
    /// What they are to the tenant.
    #[schema(value_type = String, example = "developer")]
    role: &'static str,
    /// Since when.
    #[schema(format = DateTime)]
    since: String,
    /// Whether they have a second factor.
    second_factor: bool,
    /// Whether they come in by the organization's own sign-in.
    managed: bool,
}

impl From<Member> for MemberView {
    fn from(member: Member) -> Self {
        Self {
            person_id: member.person,
            email: member.email,
            name: member.name,
            role: member.role.name(),
            since: rfc3339(member.since_ms),
            second_factor: member.has_second_factor,
            managed: member.is_managed,
        }
    }
}

/// Nobody gives or takes a role that may do more than they may.
///
/// # Errors
/// 403.
pub(crate) fn check_reach(caller: &Caller, role: Role) -> Result<(), Problem> {
    if caller.scopes.covers(role.scopes()) {
        return Ok(());
    }
    Err(Problem::new(Code::Forbidden).detail(format!("Nobody gives or takes what they do not hold: {}.", role.name())))
}

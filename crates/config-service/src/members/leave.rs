//! A person leaves a tenant. A tenant keeps an owner.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_core::id::TenantId;
use pinfold_http::{Code, Problem, ProblemView, SignedIn};
use pinfold_postgres::Change;

use crate::refusals::ConsoleOne;
use crate::{State, store};

/// Leaves one of your tenants.
#[utoipa::path(
    delete,
    path = "/v1/me/memberships/{tenantId}",
    operation_id = "members.leave",
    tag = "Oneself",
    params(
        ("tenantId" = String, Path, description = "The tenant", example = "0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A"),
    ),
    security(("session" = [])),
    responses(
        (status = 204, description = "You are a member no more"),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        ConsoleOne,
    )
)]
pub(crate) async fn handler(person: SignedIn, state: Data<State>, path: Path<String>) -> Result<HttpResponse, Problem> {
    let tenant: TenantId = store::id(&path)?;
    state.unmanaged(person.person).await?;
    match state.database.tenant(tenant).members().change(person.person, None).await.map_err(store::problem)? {
        Change::Done(_) => Ok(HttpResponse::NoContent().finish()),
        Change::Missing => Err(store::missing()),
        Change::LastOwner => Err(Problem::new(Code::LastOwner)),
    }
}

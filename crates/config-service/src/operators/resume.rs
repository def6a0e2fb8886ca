//! Opens a tenant again that was closed.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_http::{Problem, ProblemView, SignedIn};

use super::authority;
use crate::refusals::ConsoleOne;
use crate::{State, store};

/// Opens a tenant again. Needs a recent confirmation.
#[utoipa::path(
    delete,
    path = "/v1/operator/tenants/{id}/suspension",
    operation_id = "operators.resume",
    tag = "Operators",
    params(
        ("id" = String, Path, description = "The tenant", example = "0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A"),
    ),
    security(("session" = [])),
    responses(
        (status = 204, description = "It is open"),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        ConsoleOne,
    )
)]
pub(crate) async fn handler(person: SignedIn, state: Data<State>, path: Path<String>) -> Result<HttpResponse, Problem> {
    authority::check(&state, &person).await?;
    state.confirmed(person.session).await?;
    store::found(state.database.tenants().suspend(person.person, store::id(&path)?, None).await)?;
    Ok(HttpResponse::NoContent().finish())
}

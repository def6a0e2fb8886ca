//! Takes a passkey of a person away.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_http::{Problem, ProblemView, SignedIn};

use crate::refusals::ConsoleOne;
use crate::{State, store};

/// Removes one of your passkeys. Needs a recent confirmation.
#[utoipa::path(
    delete,
    path = "/v1/me/passkeys/{id}",
    operation_id = "passkeys.delete",
    tag = "Oneself",
    params(
        ("id" = String, Path, description = "The passkey", example = "5B6E0D3C1F2A49788C7B6A5948372615"),
    ),
    security(("session" = [])),
    responses(
        (status = 204, description = "It is removed"),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        ConsoleOne,
    )
)]
pub(crate) async fn handler(person: SignedIn, state: Data<State>, path: Path<String>) -> Result<HttpResponse, Problem> {
    state.unmanaged(person.person).await?;
    state.confirmed(person.session).await?;
    store::found(state.database.people().passkeys().delete(person.person, store::id(&path)?).await)?;
    state.warn(person.person, "a passkey was removed from your account.").await?;
    Ok(HttpResponse::NoContent().finish())
}

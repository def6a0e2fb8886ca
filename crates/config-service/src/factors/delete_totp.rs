//! Takes a person's authenticator app away.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_http::{Problem, ProblemView, SignedIn};

use crate::refusals::ConsoleOne;
use crate::{State, store};

/// Removes your authenticator app. Needs a recent confirmation.
#[utoipa::path(
    delete,
    path = "/v1/me/totp",
    operation_id = "factors.delete_totp",
    tag = "Oneself",
    security(("session" = [])),
    responses(
        (status = 204, description = "It is removed"),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        ConsoleOne,
    )
)]
pub(crate) async fn handler(person: SignedIn, state: Data<State>) -> Result<HttpResponse, Problem> {
    state.unmanaged(person.person).await?;
    state.confirmed(person.session).await?;
    let factors = state.database.people().factors(person.person);
    store::found(factors.delete_totp().await)?;
    state.warn(person.person, "the authenticator app was removed from your account.").await?;
    Ok(HttpResponse::NoContent().finish())
}

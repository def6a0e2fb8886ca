//! Ends one of a person's sessions, in every process within five seconds.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_http::{Problem, ProblemView, SignedIn};

use crate::refusals::ConsoleOne;
use crate::{State, store};

/// Ends one of your sessions.
#[utoipa::path(
    delete,
    path = "/v1/me/sessions/{id}",
    operation_id = "sessions.end",
    tag = "Oneself",
    params(
        ("id" = String, Path, description = "The session", example = "5B6E0D3C1F2A49788C7B6A5948372615"),
    ),
    security(("session" = [])),
    responses(
        (status = 204, description = "It is over"),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        ConsoleOne,
    )
)]
pub(crate) async fn handler(person: SignedIn, state: Data<State>, path: Path<String>) -> Result<HttpResponse, Problem> {
    store::found(state.database.people().sessions().end(person.person, store::id(&path)?).await)?;
    Ok(HttpResponse::NoContent().finish())
}

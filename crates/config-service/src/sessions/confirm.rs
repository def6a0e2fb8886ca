//! A person proves again who they are, for sensitive changes. The session gets another cookie.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use pinfold_http::{Body, Problem, ProblemView, SignedIn};

use super::Proof;
use crate::State;
use crate::account::SessionView;
use crate::refusals::ConsoleBody;

/// Proves again who you are; sensitive changes are open for ten minutes.
#[utoipa::path(
    post,
    path = "/v1/session/confirmation",
    operation_id = "sessions.confirm",
    tag = "Sign-up and sign-in",
    request_body = Proof,
    security(("session" = [])),
    responses(
        (status = 200, description = "The session; its cookie is set anew", body = SessionView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        ConsoleBody,
    )
)]
pub(crate) async fn handler(person: SignedIn, state: Data<State>, body: Body<Proof>) -> Result<HttpResponse, Problem> {
    let known = state.unmanaged(person.person).await?;
    body.value.check(&state, &known, &person.visitor, true).await?;
    state.renew_session((StatusCode::OK, person.session), true, None).await
}

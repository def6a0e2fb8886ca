//! A person signs in with a passkey alone: it is both factors.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use pinfold_http::{Body, Problem, ProblemView, Visitor};
use pinfold_postgres::Stage;

use crate::State;
use crate::account::SessionView;
use crate::passkeys::Answered;
use crate::refusals::ConsoleBody;

/// Signs in with a passkey.
#[utoipa::path(
    post,
    path = "/v1/session/passkey",
    operation_id = "sessions.passkey",
    tag = "Sign-up and sign-in",
    request_body = Answered,
    security(()),
    responses(
        (status = 200, description = "The session; its cookie is set", body = SessionView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        ConsoleBody,
    )
)]
pub(crate) async fn handler(visitor: Visitor, state: Data<State>, body: Body<Answered>) -> Result<HttpResponse, Problem> {
    let person = body.value.proved(&state, None).await?;
    let person = state.person(person).await?;
    state.begin_session((StatusCode::OK, person), Stage::SignedIn, &visitor, (None, None), None).await
}

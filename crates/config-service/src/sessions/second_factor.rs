//! A person whose password was right proves the second factor. A new session begins in the place of the half one.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use pinfold_http::visit::Lacks;
use pinfold_http::{Body, HalfWay, Problem, ProblemView};
use pinfold_postgres::Stage;

use super::Proof;
use crate::State;
use crate::account::SessionView;
use crate::refusals::ConsoleBody;

/// Completes a sign-in with a second factor.
#[utoipa::path(
    post,
    path = "/v1/session/second-factor",
    operation_id = "sessions.second_factor",
    tag = "Sign-up and sign-in",
    request_body = Proof,
    security(("session" = [])),
    responses(
        (status = 200, description = "The session; its cookie is set anew", body = SessionView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        ConsoleBody,
    )
)]
pub(crate) async fn handler(half_way: HalfWay, state: Data<State>, body: Body<Proof>) -> Result<HttpResponse, Problem> {
    let visitor = half_way.0;
    let shown = visitor.shown(&[Lacks::SecondFactor])?;
    let person = state.person(shown.person).await?;
    body.value.check(&state, &person, &visitor, false).await?;
    state.begin_session((StatusCode::OK, person), Stage::SignedIn, &visitor, (Some(shown.session), None), None).await
}

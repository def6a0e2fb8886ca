//! The first code of an authenticator app: from now on it counts. Who had to enrol is signed in.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use pinfold_core::totp::Judged;
use pinfold_http::clock::now_ms;
use pinfold_http::visit::Lacks;
use pinfold_http::{Body, Code, HalfWay, Problem, ProblemView};
use pinfold_postgres::Stage;
use serde::Deserialize;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::account::SessionView;
use crate::refusals::ConsoleOneBody;
use crate::{State, store};

/// A code of the app.
#[derive(Deserialize, ToSchema)]
#[schema(as = LoginTotpConfirmation)]
pub(crate) struct CodeRequest {
    /// The code.
    #[schema(max_length = 16, example = "123456")]
    code: String,
}

/// Confirms your authenticator app by a code of it.
#[utoipa::path(
    post,
    path = "/v1/me/totp/confirmation",
    operation_id = "factors.confirm_totp",
    tag = "Oneself",
    request_body = CodeRequest,
    security(("session" = [])),
    responses(
        (status = 200, description = "The session, with recovery codes when these are the first; its cookie is set anew", body = SessionView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        ConsoleOneBody,
    )
)]
pub(crate) async fn handler(half_way: HalfWay, state: Data<State>, body: Body<CodeRequest>) -> Result<HttpResponse, Problem> {
    let visitor = half_way.0;
    let shown = visitor.shown(&[Lacks::Enrolment])?;
    let person = state.unmanaged(shown.person).await?;
    let factors = state.database.people().factors(person.id);
    let code = Zeroizing::new(body.value.code);
    match factors.judge_totp(code, true, Arc::clone(&state.master), now_ms()).await.map_err(store::problem)? {
        None => return Err(store::missing()),
        Some(Judged::Wrong) => return Err(Problem::new(Code::WrongCredentials)),
        Some(Judged::Locked { retry_ms }) => return Err(Problem::new(Code::TooManyAttempts).retry_after_ms(retry_ms)),
        Some(Judged::Right) => {}
    }
    let codes = super::codes::make(&state, person.id, true).await?;
    state.warn(person.id, "an authenticator app was added to your account.").await?;
    state.begin_session((StatusCode::OK, person), Stage::SignedIn, &visitor, (Some(shown.session), None), codes).await
}

//! A person signs in with a password. Unknown people, and those whose password is another one, get the same answer after the same time.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use pinfold_core::email::Email;
use pinfold_http::{Body, Code, Problem, ProblemView, Visitor};
use serde::Deserialize;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::account::{Attempt, SessionView};
use crate::refusals::ConsoleBody;
use crate::{State, store};

/// Somebody who signs in.
#[derive(Deserialize, ToSchema)]
#[schema(as = SessionRequest)]
pub(crate) struct LogInRequest {
    /// Their address.
    #[schema(max_length = 254, example = "john.smith@example.com")]
    email: String,
    /// Their password.
    #[schema(max_length = 512, example = "four grey horses")]
    password: String,
}

/// Signs in. What comes next, if anything, stands in `state`.
#[utoipa::path(
    post,
    path = "/v1/session",
    operation_id = "sessions.log_in",
    tag = "Sign-up and sign-in",
    request_body = LogInRequest,
    security(()),
    responses(
        (status = 200, description = "The session; its cookie is set", body = SessionView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        ConsoleBody,
    )
)]
pub(crate) async fn handler(visitor: Visitor, state: Data<State>, body: Body<LogInRequest>) -> Result<HttpResponse, Problem> {
    let LogInRequest { email, password } = body.value;
    let password = Zeroizing::new(password);
    let mailbox = Email::parse(&email).ok();
    let account = mailbox.as_ref().map_or_else(|| email.to_lowercase(), Email::budget_form);
    let attempt = Attempt::spend(&state, "account", &account, &visitor.address).await?;
    let person = match &mailbox {
        Some(mailbox) => state.database.people().find(mailbox).await.map_err(store::problem)?,
        None => None,
    };
    let phc = person.as_ref().and_then(|person| person.password.clone());
    if !state.passwords.is_right(password, phc).await? {
        state.note_person("sign_in_failed", person.map(|person| person.id)).await?;
        return Err(Problem::new(Code::WrongCredentials));
    }
    let person = person.ok_or_else(|| Problem::new(Code::WrongCredentials))?;
    attempt.forgive().await?;
    let stage = state.stage(person.id).await?;
    state.begin_session((StatusCode::OK, person), stage, &visitor, (None, None), None).await
}

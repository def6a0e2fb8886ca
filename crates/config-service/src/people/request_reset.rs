//! Somebody forgot a password. The answer says nothing about whether the address has an account.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_core::email::Email;
use pinfold_core::visit::{Link, link_token};
use pinfold_http::clock::now_ms;
use pinfold_http::{Body, Problem, ProblemView, Visitor};
use serde::Deserialize;
use utoipa::ToSchema;

use super::sign_up::AcceptedView;
use crate::account::may_mail;
use crate::refusals::ConsoleBody;
use crate::{State, letters, store};

/// How long the link is good.
const LIFE_MS: u64 = 3_600_000;

/// Whose password.
#[derive(Deserialize, ToSchema)]
#[schema(as = PasswordResetRequest)]
pub(crate) struct ResetRequest {
    /// Their address.
    #[schema(max_length = 254, example = "john.smith@example.com")]
    email: String,
}

/// Asks for another password. A mail with a link follows, when there is an account.
#[utoipa::path(
    post,
    path = "/v1/password-resets",
    operation_id = "people.request_reset",
    tag = "Sign-up and sign-in",
    request_body = ResetRequest,
    security(()),
    responses(
        (status = 202, description = "Whatever the address is", body = AcceptedView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        ConsoleBody,
    )
)]
pub(crate) async fn handler(visitor: Visitor, state: Data<State>, body: Body<ResetRequest>) -> Result<HttpResponse, Problem> {
    state.mailer.check()?;
    let email = Email::parse(&body.value.email).map_err(|must| Problem::field("email", must.to_string()))?;
    if may_mail(&state, &email, &visitor.address).await? {
        let people = state.database.people();
        let token = link_token();
        let hash = Link::PasswordReset.hash(&state.master, &token).ok_or_else(|| Problem::internal("a token that is none"))?;
        if let Some(person) = people.find(&email).await.map_err(store::problem)? {
            people.tokens().keep_reset(person.id, hash, now_ms() + LIFE_MS).await.map_err(store::problem)?;
            let letter = letters::reset(&state.console_url, &person.name, &token);
            state.mailer.queue(&state.database, &state.master, &person.email, letter).await?;
        }
    }
    Ok(HttpResponse::Accepted().json(AcceptedView {}))
}

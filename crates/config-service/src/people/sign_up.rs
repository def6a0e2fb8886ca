//! Somebody wants to open an account. The answer says nothing about whether the address has one already.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_core::application::check_name;
use pinfold_core::email::Email;
use pinfold_core::field::Checks;
use pinfold_core::visit::{Link, link_token};
use pinfold_http::clock::now_ms;
use pinfold_http::{Body, Problem, ProblemView, Visitor};
use pinfold_postgres::SignUp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::account::may_mail;
use crate::refusals::ConsoleBody;
use crate::{State, letters, store};

/// How long the link is good.
const LIFE_MS: u64 = 24 * 3_600_000;

/// Somebody who wants an account.
#[derive(Deserialize, ToSchema)]
#[schema(as = SignUpRequest)]
pub(crate) struct SignUpRequest {
    /// Their address.
    #[schema(max_length = 254, example = "john.smith@example.com")]
    email: String,
    /// Their password: 12 to 128 characters, not a common one.
    #[schema(min_length = 12, max_length = 128, example = "four grey horses")]
    password: String,
    /// Their name.
    #[schema(min_length = 1, max_length = 255, example = "John Smith")]
    name: String,
    /// The name of the tenant that they will own.
    #[schema(min_length = 1, max_length = 255, example = "Example")]
    organization: String,
}

/// Nothing: the answer is always the same.
#[derive(Serialize, ToSchema)]
#[schema(as = Accepted)]
pub(crate) struct AcceptedView {}

/// Asks for an account. A mail with a link follows; the account begins with that link.
#[utoipa::path(
    post,
    path = "/v1/sign-up",
    operation_id = "people.sign_up",
    tag = "Sign-up and sign-in",
    request_body = SignUpRequest,
    security(()),
    responses(
        (status = 202, description = "Whatever the address is", body = AcceptedView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        ConsoleBody,
    )
)]
pub(crate) async fn handler(visitor: Visitor, state: Data<State>, body: Body<SignUpRequest>) -> Result<HttpResponse, Problem> {
    state.mailer.check()?;
    let SignUpRequest { email, password, name, organization } = body.value;
    let password = Zeroizing::new(password);
    let mut checks = Checks::default();
    let email = checks.take("email", Email::parse(&email));
    checks.take("password", state.passwords.check(&password, email.as_ref()).await?);
    for (field, name) in [("name", &name), ("organization", &organization)] {
        checks.take(field, check_name(name.trim()));
    }
    checks.finish()?;
    let email = email.ok_or_else(|| Problem::internal("an address that was checked"))?;
    let may_mail = may_mail(&state, &email, &visitor.address).await?;
    // Both ways take the time of a password.
    let password = state.passwords.hash(password).await?;
    if may_mail {
        let known = state.database.people().find(&email).await.map_err(store::problem)?;
        let (to, letter) = match known {
            Some(person) => {
                let letter = letters::known_already(&state.console_url, &person.name);
                (person.email, letter)
            }
            None => {
                let token = link_token();
                let hash = Link::SignUp.hash(&state.master, &token).ok_or_else(|| Problem::internal("a token that is none"))?;
                let letter = letters::confirm(&state.console_url, name.trim(), &token);
                let to = email.address().to_owned();
                let (name, organization) = (name.trim().to_owned(), organization.trim().to_owned());
                let sign_up = SignUp { email, name, organization, password };
                let tokens = state.database.people().tokens();
                tokens.keep_sign_up(sign_up, hash, now_ms() + LIFE_MS).await.map_err(store::problem)?;
                (to, letter)
            }
        };
        state.mailer.queue(&state.database, &state.master, &to, letter).await?;
    }
    Ok(HttpResponse::Accepted().json(AcceptedView {}))
}

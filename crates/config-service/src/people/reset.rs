//! The link of a password reset was followed. Every session of the person ends; second factors stay.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_core::visit::Link;
use pinfold_http::{Body, Code, Problem, ProblemView};
use serde::Deserialize;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::refusals::ConsoleBody;
use crate::{State, store};

/// Another password.
#[derive(Deserialize, ToSchema)]
#[schema(as = PasswordResetConfirmation)]
pub(crate) struct NewPasswordRequest {
    /// The token behind the `#` of the link.
    #[schema(max_length = 128, example = "pfl_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG")]
    token: String,
    /// The new password: 12 to 128 characters, not a common one.
    #[schema(min_length = 12, max_length = 128, example = "four grey horses")]
    password: String,
}

/// Sets another password with the token of a mail. Every session of the person ends.
#[utoipa::path(
    post,
    path = "/v1/password-resets/confirmations",
    operation_id = "people.reset",
    tag = "Sign-up and sign-in",
    request_body = NewPasswordRequest,
    security(()),
    responses(
        (status = 204, description = "The password is another one"),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        ConsoleBody,
    )
)]
pub(crate) async fn handler(state: Data<State>, body: Body<NewPasswordRequest>) -> Result<HttpResponse, Problem> {
    let invalid = || Problem::new(Code::InvalidToken);
    let NewPasswordRequest { token, password } = body.value;
    let password = Zeroizing::new(password);
    state.passwords.check(&password, None).await?.map_err(|must| Problem::field("password", must.to_string()))?;
    let hash = Link::PasswordReset.hash(&state.master, &token).ok_or_else(invalid)?;
    let people = state.database.people();
    let person = people.tokens().take_reset(hash).await.map_err(store::problem)?.ok_or_else(invalid)?;
    let password = state.passwords.hash(password).await?;
    people.set_password(person, &password, None).await.map_err(store::problem)?;
    state.warn(person, "your password was changed by a link that was sent to this address.").await?;
    Ok(HttpResponse::NoContent().finish())
}

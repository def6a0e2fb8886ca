//! A person takes another password. All their other sessions end, and this one gets another cookie.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use pinfold_core::email::Email;
use pinfold_http::{Body, Problem, ProblemView, SignedIn};
use serde::Deserialize;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::refusals::ConsoleBody;
use crate::{State, store};

/// Another password.
#[derive(Deserialize, ToSchema)]
#[schema(as = PasswordRequest)]
pub(crate) struct PasswordRequest {
    /// The new password: 12 to 128 characters, not a common one.
    #[schema(min_length = 12, max_length = 128, example = "four grey horses")]
    password: String,
}

/// Changes your password; every other session of yours ends. Needs a recent confirmation.
#[utoipa::path(
    put,
    path = "/v1/me/password",
    operation_id = "people.change_password",
    tag = "Oneself",
    request_body = PasswordRequest,
    security(("session" = [])),
    responses(
        (status = 204, description = "The password is another one; the cookie is set anew"),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        ConsoleBody,
    )
)]
pub(crate) async fn handler(person: SignedIn, state: Data<State>, body: Body<PasswordRequest>) -> Result<HttpResponse, Problem> {
    let known = state.unmanaged(person.person).await?;
    state.confirmed(person.session).await?;
    let password = Zeroizing::new(body.value.password);
    let email = Email::parse(&known.email).ok();
    state.passwords.check(&password, email.as_ref()).await?.map_err(|must| Problem::field("password", must.to_string()))?;
    let password = state.passwords.hash(password).await?;
    let people = state.database.people();
    people.set_password(person.person, &password, Some(person.session)).await.map_err(store::problem)?;
    state.warn(person.person, "your password was changed.").await?;
    let renewed = state.renew_session((StatusCode::OK, person.session), true, None).await?;
    let mut answer = HttpResponse::NoContent();
    for cookie in renewed.cookies() {
        answer.cookie(cookie);
    }
    Ok(answer.finish())
}

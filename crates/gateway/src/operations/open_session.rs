//! Opens a session for clients that log in with a user name and a password. The password is an API key; the session
//! stands for it, and ends after an hour without use or with the key.

use actix_web::{HttpRequest, HttpResponse, web};
use pinfold_core::credential::Credential;
use pinfold_http::{Problem, RawBody, parse_json};
use pinfold_redis::TokenKind;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::State;
use crate::authenticate::redis_problem;
use crate::presented::{Presented, login};

/// How long a session lives without use, in seconds.
const IDLE_S: u64 = 3_600;

/// Who logs in.
#[derive(Deserialize, ToSchema)]
pub(crate) struct OpenRequest {
    /// Any name; it is not checked.
    username: String,
    /// The API key. May be empty when the user name is the API key.
    #[schema(format = Password)]
    password: String,
    /// Taken for compatibility: where a session may be used from is decided by its API key.
    #[serde(default)]
    #[expect(dead_code, reason = "taken, checked and not used")]
    r#unsafe: Option<bool>,
}

/// A new session.
#[derive(Serialize, ToSchema)]
struct SessionView {
    /// What to send as `Authorization: IBSSO <token>`.
    token: String,
}

/// Opens a session.
#[utoipa::path(
    post,
    path = "/auth/1/session",
    operation_id = "sessions.open",
    tag = "sessions",
    security(()),
    request_body = OpenRequest,
    responses(
        (status = 200, description = "The session's token", body = SessionView),
        (status = 400, description = "A field is missing"),
        (status = 401, description = "The password is no valid API key"),
        (status = 403, description = "The API key may not be used from this address"),
        (status = 413, description = "The body is too large"),
        (status = 415, description = "The body is compressed"),
        (status = 503, description = "Come back later", headers(("Retry-After" = u64, description = "Seconds"))),
    )
)]
pub(crate) async fn handler(
    request: HttpRequest,
    state: web::Data<State>,
    RawBody(body): RawBody,
) -> Result<HttpResponse, Problem> {
    // Whatever the body is declared as: clients of this call are many and old.
    let OpenRequest { username, password, .. } = parse_json(&body)?;
    let owner = state.owner(Presented::key(login(&username, &password))).await?;
    owner.check_address(&request)?;
    let token = Credential::Token.generate();
    let hash = state.master.credential_hash(token.expose_secret());
    let kind = TokenKind::Session { idle_seconds: IDLE_S };
    state.hot.issue_token(&hash, kind, owner.snapshot.tenant, owner.key.id).await.map_err(redis_problem)?;
    Ok(HttpResponse::Ok().json(SessionView { token: token.expose_secret().to_owned() }))
}

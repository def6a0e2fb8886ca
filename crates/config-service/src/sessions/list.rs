//! Lists the sessions of a person.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_core::id::SessionId;
use pinfold_http::clock::rfc3339;
use pinfold_http::{Problem, ProblemView, SignedIn};
use pinfold_postgres::SessionRow;
use serde::Serialize;
use utoipa::ToSchema;

use crate::refusals::Console;
use crate::{State, store};

/// A session of yours.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SessionEntry)]
pub(crate) struct SessionEntry {
    /// Its id.
    #[schema(value_type = String, example = "5B6E0D3C1F2A49788C7B6A5948372615")]
    id: SessionId,
    /// Whether it is this one.
    current: bool,
    /// Where it came from when it began.
    #[schema(example = "192.0.2.1")]
    address: String,
    /// By which program.
    user_agent: String,
    /// When it began.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was used last, to half a minute.
    #[schema(format = DateTime)]
    used_at: String,
    /// When it ends, however it is used.
    #[schema(format = DateTime)]
    expires_at: String,
}

/// Your sessions.
#[derive(Serialize, ToSchema)]
#[schema(as = SessionList)]
pub(crate) struct SessionList {
    /// The sessions.
    sessions: Vec<SessionEntry>,
}

/// Lists your sessions, the newest first.
#[utoipa::path(
    get,
    path = "/v1/me/sessions",
    operation_id = "sessions.list",
    tag = "Oneself",
    security(("session" = [])),
    responses(
        (status = 200, description = "The sessions", body = SessionList),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        Console,
    )
)]
pub(crate) async fn handler(person: SignedIn, state: Data<State>) -> Result<HttpResponse, Problem> {
    let sessions = state.database.people().sessions().list(person.person).await.map_err(store::problem)?;
    let view = |session: SessionRow| SessionEntry {
        current: session.id == person.session,
        id: session.id,
        address: session.address,
        user_agent: session.user_agent,
        created_at: rfc3339(session.created_ms),
        used_at: rfc3339(session.used_ms),
        expires_at: rfc3339(session.expires_ms),
    };
    Ok(HttpResponse::Ok().json(SessionList { sessions: sessions.into_iter().map(view).collect() }))
}

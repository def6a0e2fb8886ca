//! Shows the session: who, where, and what they may do there.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_http::visit::Lacks;
use pinfold_http::{Code, Problem, ProblemView, Visitor};

use crate::account::SessionView;
use crate::refusals::Console;
use crate::{State, store};

/// Shows your session.
#[utoipa::path(
    get,
    path = "/v1/session",
    operation_id = "sessions.get",
    tag = "Sign-up and sign-in",
    security(("session" = [])),
    responses(
        (status = 200, description = "The session", body = SessionView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        Console,
    )
)]
pub(crate) async fn handler(visitor: Visitor, state: Data<State>) -> Result<HttpResponse, Problem> {
    let shown = visitor.shown(&[Lacks::SecondFactor, Lacks::Enrolment])?;
    let session = state.database.people().sessions().get(shown.session).await.map_err(store::problem)?;
    let session = session.ok_or_else(|| Problem::new(Code::Unauthorized))?;
    let person = state.person(shown.person).await?;
    Ok(HttpResponse::Ok().json(state.session_view(&session, person).await?))
}

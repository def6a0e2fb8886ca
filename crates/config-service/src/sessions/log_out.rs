//! A person signs out: the session is over everywhere.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_http::visit::{Lacks, no_session_cookie};
use pinfold_http::{Problem, ProblemView, Visitor};

use crate::refusals::Console;
use crate::{State, store};

/// Signs out.
#[utoipa::path(
    delete,
    path = "/v1/session",
    operation_id = "sessions.log_out",
    tag = "Sign-up and sign-in",
    security(("session" = [])),
    responses(
        (status = 204, description = "The session is over; the cookie is removed"),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        Console,
    )
)]
pub(crate) async fn handler(visitor: Visitor, state: Data<State>) -> Result<HttpResponse, Problem> {
    let shown = visitor.shown(&[Lacks::SecondFactor, Lacks::Enrolment])?;
    state.database.people().sessions().end(shown.person, shown.session).await.map_err(store::problem)?;
    Ok(HttpResponse::NoContent().cookie(no_session_cookie()).finish())
}

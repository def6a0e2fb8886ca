//! A challenge by which a person enrols a passkey.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_http::visit::Lacks;
use pinfold_http::{HalfWay, Problem, ProblemView};

use super::ceremony::{Ceremony, OptionsView};
use crate::State;
use crate::refusals::ConsoleOne;

/// Begins to enrol a passkey. Needs a recent confirmation.
#[utoipa::path(
    post,
    path = "/v1/me/passkeys/options",
    operation_id = "passkeys.options",
    tag = "Oneself",
    security(("session" = [])),
    responses(
        (status = 200, description = "What the browser is given", body = OptionsView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        ConsoleOne,
    )
)]
pub(crate) async fn handler(half_way: HalfWay, state: Data<State>) -> Result<HttpResponse, Problem> {
    let shown = half_way.0.shown(&[Lacks::Enrolment])?;
    state.unmanaged(shown.person).await?;
    if shown.lacks == Lacks::Nothing {
        state.confirmed(shown.session).await?;
    }
    Ok(HttpResponse::Ok().json(Ceremony::enrol(&state, shown.person).await?))
}

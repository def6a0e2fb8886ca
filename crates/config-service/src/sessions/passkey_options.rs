//! A challenge for a passkey: of the person whose session comes with it, or of whoever has one.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_http::visit::Lacks;
use pinfold_http::{Problem, ProblemView, Visitor};

use crate::State;
use crate::passkeys::{Ceremony, OptionsView};
use crate::refusals::ConsoleOne;

/// Begins a proof by a passkey.
#[utoipa::path(
    post,
    path = "/v1/session/passkey-options",
    operation_id = "sessions.passkey_options",
    tag = "Sign-up and sign-in",
    security(()),
    responses(
        (status = 200, description = "What the browser is given", body = OptionsView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        ConsoleOne,
    )
)]
pub(crate) async fn handler(visitor: Visitor, state: Data<State>) -> Result<HttpResponse, Problem> {
    let person = visitor.shown(&[Lacks::SecondFactor]).ok().map(|shown| shown.person);
    Ok(HttpResponse::Ok().json(Ceremony::prove(&state, person, &visitor.address).await?))
}

//! Shows what a person proves beside the password.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_http::visit::Lacks;
use pinfold_http::{Problem, ProblemView, Visitor};
use serde::Serialize;
use utoipa::ToSchema;

use crate::State;
use crate::account::Factors;
use crate::refusals::Console;

/// What you prove beside the password.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PersonFactors)]
pub(crate) struct FactorsView {
    /// Whether you have an authenticator app.
    totp: bool,
    /// How many passkeys.
    passkeys: usize,
    /// How many recovery codes are left.
    recovery_codes_left: u32,
}

/// Shows your second factors.
#[utoipa::path(
    get,
    path = "/v1/me/factors",
    operation_id = "factors.get",
    tag = "Oneself",
    security(("session" = [])),
    responses(
        (status = 200, description = "The second factors", body = FactorsView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        Console,
    )
)]
pub(crate) async fn handler(visitor: Visitor, state: Data<State>) -> Result<HttpResponse, Problem> {
    let shown = visitor.shown(&[Lacks::Enrolment])?;
    let Factors { has_totp, passkeys, recovery_codes } = state.factors(shown.person).await?;
    Ok(HttpResponse::Ok().json(FactorsView { totp: has_totp, passkeys, recovery_codes_left: recovery_codes }))
}

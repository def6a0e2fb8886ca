//! New recovery codes for a person; the older ones end.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_http::{Problem, ProblemView, SignedIn};
use serde::Serialize;
use utoipa::ToSchema;

use crate::State;
use crate::refusals::Console;

/// Recovery codes.
#[derive(Serialize, ToSchema)]
#[schema(as = RecoveryCodes)]
pub(crate) struct CodesView {
    /// The codes, each good once.
    codes: Vec<String>,
}

/// Makes new recovery codes; the older ones end. Needs a recent confirmation.
#[utoipa::path(
    post,
    path = "/v1/me/recovery-codes",
    operation_id = "factors.recovery_codes",
    tag = "Oneself",
    security(("session" = [])),
    responses(
        (status = 200, description = "The codes, shown this once", body = CodesView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        Console,
    )
)]
pub(crate) async fn handler(person: SignedIn, state: Data<State>) -> Result<HttpResponse, Problem> {
    state.unmanaged(person.person).await?;
    state.confirmed(person.session).await?;
    let codes = super::codes::make(&state, person.person, false).await?.unwrap_or_default();
    state.warn(person.person, "new recovery codes were made for your account.").await?;
    Ok(HttpResponse::Ok().json(CodesView { codes }))
}

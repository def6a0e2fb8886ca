//! Lists the passkeys of a person.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_http::{Problem, ProblemView, SignedIn};
use serde::Serialize;
use utoipa::ToSchema;

use super::view::PasskeyView;
use crate::refusals::Console;
use crate::{State, store};

/// Your passkeys.
#[derive(Serialize, ToSchema)]
#[schema(as = PasskeyList)]
pub(crate) struct PasskeyList {
    /// The oldest first.
    passkeys: Vec<PasskeyView>,
}

/// Lists your passkeys.
#[utoipa::path(
    get,
    path = "/v1/me/passkeys",
    operation_id = "passkeys.list",
    tag = "Oneself",
    security(("session" = [])),
    responses(
        (status = 200, description = "The passkeys", body = PasskeyList),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        Console,
    )
)]
pub(crate) async fn handler(person: SignedIn, state: Data<State>) -> Result<HttpResponse, Problem> {
    let passkeys = state.database.people().passkeys().list(person.person).await.map_err(store::problem)?;
    Ok(HttpResponse::Ok().json(PasskeyList { passkeys: passkeys.into_iter().map(PasskeyView::from).collect() }))
}

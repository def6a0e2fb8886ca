//! A person gives themselves another name.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_http::{Body, Code, Problem, ProblemView, SignedIn};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::account::{PersonView, checked_name};
use crate::refusals::ConsoleBody;
use crate::{State, store};

/// Another name.
#[derive(Deserialize, ToSchema)]
#[schema(as = PersonNameRequest)]
pub(crate) struct NameRequest {
    /// The name.
    #[schema(min_length = 1, max_length = 255, example = "John Smith")]
    name: String,
}

/// Changes your name.
#[utoipa::path(
    put,
    path = "/v1/me",
    operation_id = "people.rename",
    tag = "Oneself",
    request_body = NameRequest,
    security(("session" = [])),
    responses(
        (status = 200, description = "You", body = PersonView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        ConsoleBody,
    )
)]
pub(crate) async fn handler(person: SignedIn, state: Data<State>, body: Body<NameRequest>) -> Result<HttpResponse, Problem> {
    state.unmanaged(person.person).await?;
    let name = checked_name("name", &body.value.name)?;
    let renamed = state.database.people().rename(person.person, &name).await.map_err(store::problem)?;
    let renamed = renamed.ok_or_else(|| Problem::new(Code::Unauthorized))?;
    Ok(HttpResponse::Ok().json(PersonView::from(renamed)))
}

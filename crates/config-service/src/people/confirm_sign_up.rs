//! The link of a sign-up was followed: the account begins, with a tenant of its own, and the person is signed in.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use pinfold_core::visit::Link;
use pinfold_http::{Body, Code, Problem, ProblemView, Visitor};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::account::SessionView;
use crate::refusals::ConsoleBody;
use crate::tenants::open_tenant;
use crate::{State, store};

/// What a link carries.
#[derive(Deserialize, ToSchema)]
#[schema(as = LinkRequest)]
pub(crate) struct LinkRequest {
    /// The token behind the `#` of the link.
    #[schema(max_length = 128, example = "pfl_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG")]
    token: String,
}

/// Confirms an address, and signs the person in.
#[utoipa::path(
    post,
    path = "/v1/sign-up/confirmations",
    operation_id = "people.confirm_sign_up",
    tag = "Sign-up and sign-in",
    request_body = LinkRequest,
    security(()),
    responses(
        (status = 201, description = "The session; its cookie is set", body = SessionView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        ConsoleBody,
    )
)]
pub(crate) async fn handler(visitor: Visitor, state: Data<State>, body: Body<LinkRequest>) -> Result<HttpResponse, Problem> {
    let invalid = || Problem::new(Code::InvalidToken);
    let hash = Link::SignUp.hash(&state.master, &body.value.token).ok_or_else(invalid)?;
    let people = state.database.people();
    let sign_up = people.tokens().take_sign_up(hash).await.map_err(store::problem)?.ok_or_else(invalid)?;
    let person = people.create(&sign_up.email, &sign_up.name, &sign_up.password).await.map_err(store::problem)?;
    let person = person.ok_or_else(invalid)?;
    let tenant = open_tenant(&state, person.id, &sign_up.organization).await?;
    let stage = state.stage(person.id).await?;
    state.begin_session((StatusCode::CREATED, person), stage, &visitor, (None, Some(tenant)), None).await
}

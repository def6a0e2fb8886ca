//! A person makes another tenant, and looks at it from then on.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use pinfold_http::{Body, Problem, ProblemView, SignedIn};
use serde::Deserialize;
use utoipa::ToSchema;

use super::open::open_tenant;
use crate::State;
use crate::account::{SessionView, checked_name};
use crate::refusals::ConsoleOneBody;

/// A name.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewTenantRequest)]
pub(crate) struct NewTenantRequest {
    /// The name.
    #[schema(min_length = 1, max_length = 255, example = "Example")]
    name: String,
}

/// Makes a tenant that you own, and looks at it.
#[utoipa::path(
    post,
    path = "/v1/tenants",
    operation_id = "tenants.create",
    tag = "Tenant",
    request_body = NewTenantRequest,
    security(("session" = [])),
    responses(
        (status = 201, description = "The session; its cookie is set anew", body = SessionView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        ConsoleOneBody,
    )
)]
pub(crate) async fn handler(person: SignedIn, state: Data<State>, body: Body<NewTenantRequest>) -> Result<HttpResponse, Problem> {
    state.unmanaged(person.person).await?;
    let name = checked_name("name", &body.value.name)?;
    let tenant = open_tenant(&state, person.person, &name).await?;
    state.renew_session((StatusCode::CREATED, person.session), false, Some(tenant)).await
}

//! Gives a tenant another name.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_http::{Authorized, Body, Problem, ProblemView, TenantManage};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::TenantView;
use crate::account::checked_name;
use crate::refusals::ConsoleBody;
use crate::{State, store};

/// A name.
#[derive(Deserialize, ToSchema)]
#[schema(as = TenantRequest)]
pub(crate) struct NameRequest {
    /// The name.
    #[schema(min_length = 1, max_length = 255, example = "Example")]
    name: String,
}

/// Changes the name of the tenant.
#[utoipa::path(
    put,
    path = "/v1/tenant",
    operation_id = "tenants.update",
    tag = "Tenant",
    request_body = NameRequest,
    responses(
        (status = 200, description = "The tenant", body = TenantView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        ConsoleBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<TenantManage>,
    state: Data<State>,
    body: Body<NameRequest>,
) -> Result<HttpResponse, Problem> {
    let name = checked_name("name", &body.value.name)?;
    store::found(state.database.tenant(caller.tenant).rename(&name).await)?;
    Ok(HttpResponse::Ok().json(TenantView::of(&state, &caller).await?))
}

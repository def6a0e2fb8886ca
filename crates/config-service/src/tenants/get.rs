//! Shows a tenant.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_http::{Authorized, ConfigRead, Problem, ProblemView};

use super::view::TenantView;
use crate::State;
use crate::refusals::Console;

/// Shows the tenant.
#[utoipa::path(
    get,
    path = "/v1/tenant",
    operation_id = "tenants.get",
    tag = "Tenant",
    responses(
        (status = 200, description = "The tenant", body = TenantView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        Console,
    )
)]
pub(crate) async fn handler(caller: Authorized<ConfigRead>, state: Data<State>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(TenantView::of(&state, &caller).await?))
}

//! Everything that a tenant configured, in one document, without its secrets.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_http::clock::{now_ms, rfc3339};
use pinfold_http::{Authorized, Problem, ProblemView, TenantManage};
use pinfold_postgres::Note;

use crate::refusals::Console;
use crate::{State, store};

/// Exports what the tenant configured, as one document, without secrets.
#[utoipa::path(
    post,
    path = "/v1/tenant/export",
    operation_id = "tenants.export",
    tag = "Tenant",
    responses(
        (status = 200, description = "Tables by their names, rows as objects", body = serde_json::Value),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        Console,
    )
)]
pub(crate) async fn handler(caller: Authorized<TenantManage>, state: Data<State>) -> Result<HttpResponse, Problem> {
    let note = Note { action: "exported", object: "tenant", object_id: Some(caller.tenant.to_string()), detail: None };
    state.database.tenant(caller.tenant).audit().note(note).await.map_err(store::problem)?;
    let tables = state.database.tenant(caller.tenant).export().await.map_err(store::problem)?;
    let document = serde_json::json!({ "format": "pinfold-tenant-1", "exportedAt": rfc3339(now_ms()), "tables": tables });
    Ok(HttpResponse::Ok().json(document))
}

//! Shows the caps of the tenant.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_http::{Authorized, ConfigRead, Problem, ProblemView};

use super::view::CapsView;
use crate::refusals::Native;
use crate::{State, store};

/// Shows the caps of the tenant, which hold for all its applications together.
#[utoipa::path(
    get,
    path = "/v1/caps",
    operation_id = "caps.get",
    tag = "Caps and usage",
    responses(
        (status = 200, description = "The caps", body = CapsView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        Native,
    )
)]
pub(crate) async fn handler(caller: Authorized<ConfigRead>, state: Data<State>) -> Result<HttpResponse, Problem> {
    let caps = state.database.tenant(caller.tenant).caps().get(None).await.map_err(store::problem)?;
    Ok(HttpResponse::Ok().json(CapsView::from(caps)))
}

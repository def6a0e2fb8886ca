//! Sets the caps of the tenant.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_http::{Authorized, Body, ConfigWrite, Problem, ProblemView};

use super::view::CapsView;
use crate::refusals::NativeBody;
use crate::{State, store};

/// Sets the caps of the tenant, which hold for all its applications together. They take the place of those before.
///
/// Messages of this day and this month that are recorded already count.
#[utoipa::path(
    put,
    path = "/v1/caps",
    operation_id = "caps.set",
    tag = "Caps and usage",
    request_body = CapsView,
    responses(
        (status = 200, description = "The caps", body = CapsView),
        (status = 400, description = "A field is past its bound", body = ProblemView, content_type = "application/problem+json"),
        NativeBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    body: Body<CapsView>,
) -> Result<HttpResponse, Problem> {
    let caps = body.value.caps()?;
    state.database.tenant(caller.tenant).caps().set(None, caps).await.map_err(store::problem)?;
    Ok(HttpResponse::Ok().json(CapsView::from(caps)))
}

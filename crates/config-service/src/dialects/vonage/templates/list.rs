//! Lists the templates, page by page.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_http::dialect::VonageError;
use pinfold_http::{Authorized, ConfigRead, Params, Problem, vonage};

use super::super::paging::PageParams;
use super::view::{TemplateListView, view};
use crate::refusals::Vonage;
use crate::{State, store};

/// Lists the templates, oldest first.
#[utoipa::path(
    get,
    path = "/v2/verify/templates",
    operation_id = "vonage_templates.list",
    tag = "Codes (Vonage)",
    params(PageParams),
    responses(
        (status = 200, description = "A page of templates", body = TemplateListView),
        (status = 400, description = "The request cannot be understood", body = VonageError, content_type = "application/problem+json"),
        (status = 422, description = "A parameter is past its bound", body = VonageError, content_type = "application/problem+json"),
        Vonage,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigRead>,
    state: Data<State>,
    params: Params<PageParams>,
) -> Result<HttpResponse, Problem> {
    let (page, size) = params.read()?;
    let all = state.database.tenant(caller.tenant).template_sets().list().await.map_err(store::problem)?;
    let base = state.public_url.as_deref();
    let first = (page as usize - 1) * size as usize;
    let items: Vec<_> = all.iter().skip(first).take(size as usize).map(|set| view(base, set)).collect();
    let numbers = (page.into(), size.into(), all.len() as u64);
    Ok(HttpResponse::Ok().json(vonage::page(base, "/v2/verify/templates", "templates", &items, numbers)))
}

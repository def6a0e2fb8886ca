//! Lists the texts of a template, page by page.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::dialect::VonageError;
use pinfold_http::vonage::{Refusal, page as page_of};
use pinfold_http::{Authorized, ConfigRead, Params, Problem};
use uuid::Uuid;

use super::super::paging::PageParams;
use super::view::{FragmentListView, view};
use crate::refusals::VonageOne;
use crate::{State, store};

/// Lists the texts of a template, oldest first.
#[utoipa::path(
    get,
    path = "/v2/verify/templates/{templateId}/template_fragments",
    operation_id = "vonage_fragments.list",
    tag = "Codes (Vonage)",
    params(("templateId" = String, Path, description = "The template", example = "8f35a1a7-eb2f-4552-8fdf-fffdaee41bc9"), PageParams),
    responses(
        (status = 200, description = "A page of fragments", body = FragmentListView),
        (status = 400, description = "The request cannot be understood", body = VonageError, content_type = "application/problem+json"),
        (status = 422, description = "A parameter is past its bound", body = VonageError, content_type = "application/problem+json"),
        VonageOne,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigRead>,
    state: Data<State>,
    path: Path<String>,
    params: Params<PageParams>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (page, size) = params.read()?;
    let sets = state.database.tenant(caller.tenant).template_sets();
    let Some(id) = store::uuid(&path) else { return Ok(Refusal::TemplateNotFound.answer(&request)) };
    if sets.get(id).await.map_err(store::problem)?.is_none() {
        return Ok(Refusal::TemplateNotFound.answer(&request));
    }
    let found = sets.fragments(id, page - 1, size).await.map_err(store::problem)?;
    let base = state.public_url.as_deref();
    let items: Vec<_> = found.items.iter().map(|stored| view(base, stored)).collect();
    let path = format!("/v2/verify/templates/{}/template_fragments", Uuid::from(id));
    let numbers = (page.into(), size.into(), found.total);
    Ok(HttpResponse::Ok().json(page_of(base, &path, "template_fragments", &items, numbers)))
}

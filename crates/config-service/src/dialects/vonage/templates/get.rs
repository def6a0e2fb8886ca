//! Shows a template.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::dialect::VonageError;
use pinfold_http::vonage::Refusal;
use pinfold_http::{Authorized, ConfigRead, Problem};

use super::view::{TemplateView, view};
use crate::refusals::VonageOne;
use crate::{State, store};

/// Shows a template.
#[utoipa::path(
    get,
    path = "/v2/verify/templates/{templateId}",
    operation_id = "vonage_templates.get",
    tag = "Codes (Vonage)",
    params(("templateId" = String, Path, description = "The template", example = "8f35a1a7-eb2f-4552-8fdf-fffdaee41bc9")),
    responses(
        (status = 200, description = "The template", body = TemplateView),
        (status = 400, description = "The request cannot be understood", body = VonageError, content_type = "application/problem+json"),
        VonageOne,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigRead>,
    state: Data<State>,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let Some(id) = store::uuid(&path) else { return Ok(Refusal::TemplateNotFound.answer(&request)) };
    let found = state.database.tenant(caller.tenant).template_sets().get(id).await.map_err(store::problem)?;
    Ok(match found {
        Some(set) => HttpResponse::Ok().json(view(state.public_url.as_deref(), &set)),
        None => Refusal::TemplateNotFound.answer(&request),
    })
}

//! Deletes a template without texts.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::dialect::VonageError;
use pinfold_http::vonage::Refusal;
use pinfold_http::{Authorized, ConfigWrite, Problem};

use crate::refusals::VonageOne;
use crate::{State, store};

/// Deletes a template that has no fragments.
#[utoipa::path(
    delete,
    path = "/v2/verify/templates/{templateId}",
    operation_id = "vonage_templates.delete",
    tag = "Codes (Vonage)",
    params(("templateId" = String, Path, description = "The template", example = "8f35a1a7-eb2f-4552-8fdf-fffdaee41bc9")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 400, description = "The request cannot be understood", body = VonageError, content_type = "application/problem+json"),
        (status = 409, description = "It has fragments", body = VonageError, content_type = "application/problem+json"),
        VonageOne,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let Some(id) = store::uuid(&path) else { return Ok(Refusal::TemplateNotFound.answer(&request)) };
    match state.database.tenant(caller.tenant).template_sets().delete(id).await {
        Ok(Some(())) => Ok(HttpResponse::NoContent().finish()),
        Ok(None) => Ok(Refusal::TemplateNotFound.answer(&request)),
        Err(error) if error.is_refused() => Ok(Refusal::NotEmptyTemplate.answer(&request)),
        Err(error) => Err(store::problem(error)),
    }
}

//! Changes a template. What the request leaves out stays.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_core::template_set::check_name;
use pinfold_http::dialect::VonageError;
use pinfold_http::vonage::Refusal;
use pinfold_http::{Authorized, Body, ConfigWrite, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::{TemplateView, view};
use crate::refusals::VonageOneBody;
use crate::{State, store};

/// Changes to a template.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = VonageTemplateUpdate)]
pub(crate) struct UpdateRequest {
    /// Its name.
    #[schema(min_length = 1, max_length = 64, example = "my-template")]
    name: Option<String>,
    /// Whether it is taken where a request names none; then no other is.
    is_default: Option<bool>,
}

/// Changes a template.
#[utoipa::path(
    patch,
    path = "/v2/verify/templates/{templateId}",
    operation_id = "vonage_templates.update",
    tag = "Codes (Vonage)",
    params(("templateId" = String, Path, description = "The template", example = "8f35a1a7-eb2f-4552-8fdf-fffdaee41bc9")),
    request_body = UpdateRequest,
    responses(
        (status = 200, description = "The template after the change", body = TemplateView),
        (status = 400, description = "The request cannot be understood", body = VonageError, content_type = "application/problem+json"),
        (status = 409, description = "The name is taken", body = VonageError, content_type = "application/problem+json"),
        (status = 422, description = "A field is past its bound", body = VonageError, content_type = "application/problem+json"),
        VonageOneBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    path: Path<String>,
    request: HttpRequest,
    body: Body<UpdateRequest>,
) -> Result<HttpResponse, Problem> {
    let UpdateRequest { name, is_default } = body.value;
    let Some(id) = store::uuid(&path) else { return Ok(Refusal::TemplateNotFound.answer(&request)) };
    if let Some(name) = &name {
        check_name(name).map_err(|must| Problem::field("name", must))?;
    }
    match state.database.tenant(caller.tenant).template_sets().update(id, name, is_default).await {
        Ok(Some(set)) => Ok(HttpResponse::Ok().json(view(state.public_url.as_deref(), &set))),
        Ok(None) => Ok(Refusal::TemplateNotFound.answer(&request)),
        Err(error) if error.is_refused() => Ok(Refusal::TemplateExists.answer(&request)),
        Err(error) => Err(store::problem(error)),
    }
}

//! Creates a template.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use pinfold_core::id::TemplateSetId;
use pinfold_core::template_set::{TemplateSet, check_name};
use pinfold_http::dialect::VonageError;
use pinfold_http::vonage::Refusal;
use pinfold_http::{Authorized, Body, ConfigWrite, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::{TemplateView, view};
use crate::refusals::VonageBody;
use crate::{State, store};

/// A template to be.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = VonageTemplateRequest)]
pub(crate) struct CreateRequest {
    /// Its name, which no other template has.
    #[schema(min_length = 1, max_length = 64, example = "my-template")]
    name: String,
}

/// Creates a template without texts.
#[utoipa::path(
    post,
    path = "/v2/verify/templates",
    operation_id = "vonage_templates.create",
    tag = "Codes (Vonage)",
    request_body = CreateRequest,
    responses(
        (status = 201, description = "The template", body = TemplateView),
        (status = 400, description = "The request cannot be understood", body = VonageError, content_type = "application/problem+json"),
        (status = 409, description = "The name is taken", body = VonageError, content_type = "application/problem+json"),
        (status = 422, description = "A field is past its bound", body = VonageError, content_type = "application/problem+json"),
        VonageBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    request: HttpRequest,
    body: Body<CreateRequest>,
) -> Result<HttpResponse, Problem> {
    let name = body.value.name;
    check_name(&name).map_err(|must| Problem::field("name", must))?;
    let set = TemplateSet { id: TemplateSetId::random(), name, is_default: false };
    match state.database.tenant(caller.tenant).template_sets().create(set.clone()).await {
        Ok(true) => Ok(HttpResponse::Created().json(view(state.public_url.as_deref(), &set))),
        Ok(false) => Ok(Refusal::MaxTemplates.answer(&request)),
        Err(error) if error.is_refused() => Ok(Refusal::TemplateExists.answer(&request)),
        Err(error) => Err(store::problem(error)),
    }
}

//! Changes a text of a template.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_core::template_set::check_text;
use pinfold_http::dialect::VonageError;
use pinfold_http::vonage::Refusal;
use pinfold_http::{Authorized, Body, ConfigWrite, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::{FragmentView, view};
use crate::refusals::VonageOneBody;
use crate::{State, store};

/// A change of a text.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = VonageFragmentUpdate)]
pub(crate) struct UpdateRequest {
    /// The text, with `${code}` once, and as wanted `${brand}`, `${time-limit}` and `${time-limit-unit}`.
    #[schema(min_length = 1, max_length = 1000, example = "The code for ${brand} is ${code}")]
    text: String,
}

/// Changes a text of a template. Messages that wait keep the text that they were sent with.
#[utoipa::path(
    patch,
    path = "/v2/verify/templates/{templateId}/template_fragments/{fragmentId}",
    operation_id = "vonage_fragments.update",
    tag = "Codes (Vonage)",
    params(
        ("templateId" = String, Path, description = "The template", example = "8f35a1a7-eb2f-4552-8fdf-fffdaee41bc9"),
        ("fragmentId" = String, Path, description = "The fragment", example = "c70f446e-997a-4313-a081-60a02a31dc19"),
    ),
    request_body = UpdateRequest,
    responses(
        (status = 200, description = "The fragment after the change", body = FragmentView),
        (status = 400, description = "The request cannot be understood", body = VonageError, content_type = "application/problem+json"),
        (status = 422, description = "A field is past its bound", body = VonageError, content_type = "application/problem+json"),
        VonageOneBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    path: Path<(String, String)>,
    request: HttpRequest,
    body: Body<UpdateRequest>,
) -> Result<HttpResponse, Problem> {
    let (set, id) = path.into_inner();
    let Some((set, id)) = store::uuid(&set).zip(store::uuid(&id)) else {
        return Ok(Refusal::FragmentNotFound.answer(&request));
    };
    let sets = state.database.tenant(caller.tenant).template_sets();
    if sets.fragment(set, id).await.map_err(store::problem)?.is_none() {
        return Ok(Refusal::FragmentNotFound.answer(&request));
    }
    check_text("text", &body.value.text)?;
    Ok(match sets.update_fragment(set, id, body.value.text).await.map_err(store::problem)? {
        Some(stored) => HttpResponse::Ok().json(view(state.public_url.as_deref(), &stored)),
        None => Refusal::FragmentNotFound.answer(&request),
    })
}

//! Deletes a text of a template.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::dialect::VonageError;
use pinfold_http::vonage::Refusal;
use pinfold_http::{Authorized, ConfigWrite, Problem};

use crate::refusals::VonageOne;
use crate::{State, store};

/// Deletes a text of a template. Messages take the one of their locale that every installation has.
#[utoipa::path(
    delete,
    path = "/v2/verify/templates/{templateId}/template_fragments/{fragmentId}",
    operation_id = "vonage_fragments.delete",
    tag = "Codes (Vonage)",
    params(
        ("templateId" = String, Path, description = "The template", example = "8f35a1a7-eb2f-4552-8fdf-fffdaee41bc9"),
        ("fragmentId" = String, Path, description = "The fragment", example = "c70f446e-997a-4313-a081-60a02a31dc19"),
    ),
    responses(
        (status = 204, description = "It is gone"),
        (status = 400, description = "The request cannot be understood", body = VonageError, content_type = "application/problem+json"),
        VonageOne,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    path: Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (set, id) = path.into_inner();
    let Some((set, id)) = store::uuid(&set).zip(store::uuid(&id)) else {
        return Ok(Refusal::FragmentNotFound.answer(&request));
    };
    let sets = state.database.tenant(caller.tenant).template_sets();
    Ok(match sets.delete_fragment(set, id).await.map_err(store::problem)? {
        Some(()) => HttpResponse::NoContent().finish(),
        None => Refusal::FragmentNotFound.answer(&request),
    })
}

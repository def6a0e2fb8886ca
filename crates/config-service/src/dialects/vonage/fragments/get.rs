//! Shows a text of a template.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::dialect::VonageError;
use pinfold_http::vonage::Refusal;
use pinfold_http::{Authorized, ConfigRead, Problem};

use super::view::{FragmentView, view};
use crate::refusals::VonageOne;
use crate::{State, store};

/// Shows a text of a template.
#[utoipa::path(
    get,
    path = "/v2/verify/templates/{templateId}/template_fragments/{fragmentId}",
    operation_id = "vonage_fragments.get",
    tag = "Codes (Vonage)",
    params(
        ("templateId" = String, Path, description = "The template", example = "8f35a1a7-eb2f-4552-8fdf-fffdaee41bc9"),
        ("fragmentId" = String, Path, description = "The fragment", example = "c70f446e-997a-4313-a081-60a02a31dc19"),
    ),
    responses(
        (status = 200, description = "The fragment", body = FragmentView),
        (status = 400, description = "The request cannot be understood", body = VonageError, content_type = "application/problem+json"),
        VonageOne,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigRead>,
    state: Data<State>,
    path: Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (set, id) = path.into_inner();
    let Some((set, id)) = store::uuid(&set).zip(store::uuid(&id)) else {
        return Ok(Refusal::FragmentNotFound.answer(&request));
    };
    let sets = state.database.tenant(caller.tenant).template_sets();
    Ok(match sets.fragment(set, id).await.map_err(store::problem)? {
        Some(stored) => HttpResponse::Ok().json(view(state.public_url.as_deref(), &stored)),
        None => Refusal::FragmentNotFound.answer(&request),
    })
}

//! Gives an endpoint a new secret. The one before signs too for a while, so that a receiver can change over without a gap.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_core::field::Checks;
use pinfold_core::webhook::WebhookSecret;
use pinfold_http::{Authorized, Body, ConfigWrite, Problem, ProblemView, clock};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::EndpointView;
use crate::refusals::NativeOneBody;
use crate::{State, store};

/// Hours that both secrets sign when the request does not say.
const OVERLAP: u32 = 24;
/// The most hours that both may sign.
const LONGEST_OVERLAP: u32 = 168;

/// How to change over.
#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WebhookSecretRotateRequest)]
pub(crate) struct RotateRequest {
    /// Hours that the secret before signs too; 24 by default, 0 for not at all.
    #[schema(maximum = 168, example = 24)]
    overlap_hours: Option<u32>,
}

/// Gives a webhook endpoint a new secret and shows it, once.
#[utoipa::path(
    post,
    path = "/v1/webhook-endpoints/{id}/secret",
    operation_id = "webhook_endpoints.rotate_secret",
    tag = "Webhooks",
    params(("id" = String, Path, description = "The endpoint", example = "3D1F6A9C0B7E4852A1C4E6F8091B2D3A")),
    request_body = RotateRequest,
    responses(
        (status = 200, description = "The endpoint, with its new secret", body = EndpointView),
        (status = 400, description = "A field is past its bound", body = ProblemView, content_type = "application/problem+json"),
        NativeOneBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    path: Path<String>,
    body: Body<RotateRequest>,
) -> Result<HttpResponse, Problem> {
    let (endpoints, id) = (state.database.tenant(caller.tenant).webhook_endpoints(), store::id(&path)?);
    let hours = body.value.overlap_hours.unwrap_or(OVERLAP);
    let mut checks = Checks::default();
    checks.require(hours <= LONGEST_OVERLAP, "overlapHours", format!("must be at most {LONGEST_OVERLAP}"));
    checks.finish()?;
    let snapshot = state.snapshot(caller.tenant).await?;
    let (secret, until_ms) = (WebhookSecret::generate(), clock::now_ms() + u64::from(hours) * 3_600_000);
    store::found(endpoints.rotate(id, &secret, until_ms, &snapshot.keys).await)?;
    let endpoint = store::found(endpoints.get(id).await)?;
    Ok(HttpResponse::Ok().json(EndpointView::with_secret(endpoint, &secret)))
}

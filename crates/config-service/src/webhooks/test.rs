//! Sends an endpoint a test, through the same queue as everything else.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_core::id::WebhookMessageId;
use pinfold_http::{Authorized, ConfigWrite, Problem, ProblemView};
use serde::Serialize;
use utoipa::ToSchema;

use super::queued;
use crate::refusals::NativeUsed;
use crate::{State, store};

/// A test on its way.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WebhookTest)]
pub(crate) struct TestView {
    /// The message, whose attempts can be looked at.
    #[schema(value_type = String, example = "9B1DEB4D3B7D4BAD9BDD2B0D7B3DCB6D")]
    message_id: WebhookMessageId,
}

/// Sends a webhook endpoint a test of the type `webhook.test`.
#[utoipa::path(
    post,
    path = "/v1/webhook-endpoints/{id}/test",
    operation_id = "webhook_endpoints.test",
    tag = "Webhooks",
    params(("id" = String, Path, description = "The endpoint", example = "3D1F6A9C0B7E4852A1C4E6F8091B2D3A")),
    responses(
        (status = 202, description = "The test is queued", body = TestView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        NativeUsed,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let (scope, id) = (state.database.tenant(caller.tenant), store::id(&path)?);
    let message_id = queued(scope.webhook_messages(id).test().await)?;
    store::tell(scope, "tested", "webhook_endpoint", id).await?;
    Ok(HttpResponse::Accepted().json(TestView { message_id }))
}

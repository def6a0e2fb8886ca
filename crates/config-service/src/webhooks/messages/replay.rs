//! Queues one message again, whatever became of it.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_http::{Authorized, ConfigWrite, Problem, ProblemView};

use super::super::queued;
use crate::refusals::NativeUsed;
use crate::{State, store};

/// Queues one message to a webhook endpoint again, under its id.
#[utoipa::path(
    post,
    path = "/v1/webhook-endpoints/{id}/messages/{messageId}/replay",
    operation_id = "webhook_messages.replay",
    tag = "Webhooks",
    params(
        ("id" = String, Path, description = "The endpoint", example = "3D1F6A9C0B7E4852A1C4E6F8091B2D3A"),
        ("messageId" = String, Path, description = "The message", example = "9B1DEB4D3B7D4BAD9BDD2B0D7B3DCB6D"),
    ),
    responses(
        (status = 204, description = "It is queued"),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        NativeUsed,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (endpoint, message) = path.into_inner();
    let (scope, message) = (state.database.tenant(caller.tenant), store::id(&message)?);
    queued(scope.webhook_messages(store::id(&endpoint)?).replay(message).await)?;
    store::tell(scope, "replayed", "webhook_message", message).await?;
    Ok(HttpResponse::NoContent().finish())
}

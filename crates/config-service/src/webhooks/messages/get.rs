//! Shows one message with all its attempts.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_http::{Authorized, ConfigRead, Problem, ProblemView};

use super::super::view::MessageDetailView;
use crate::refusals::NativeOne;
use crate::{State, store};

/// Shows one message to a webhook endpoint, with all its attempts.
#[utoipa::path(
    get,
    path = "/v1/webhook-endpoints/{id}/messages/{messageId}",
    operation_id = "webhook_messages.get",
    tag = "Webhooks",
    params(
        ("id" = String, Path, description = "The endpoint", example = "3D1F6A9C0B7E4852A1C4E6F8091B2D3A"),
        ("messageId" = String, Path, description = "The message", example = "9B1DEB4D3B7D4BAD9BDD2B0D7B3DCB6D"),
    ),
    responses(
        (status = 200, description = "The message", body = MessageDetailView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        NativeOne,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigRead>,
    state: Data<State>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (endpoint, message) = path.into_inner();
    let messages = state.database.tenant(caller.tenant).webhook_messages(store::id(&endpoint)?);
    let (message, attempts) = store::found(messages.get(store::id(&message)?).await)?;
    Ok(HttpResponse::Ok().json(MessageDetailView::new(message, attempts)))
}

//! Queues again whatever an endpoint did not take since a time.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_http::{Authorized, Body, ConfigWrite, Problem, ProblemView};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::queued;
use crate::refusals::NativeUsedBody;
use crate::{State, moment, store};

/// What to replay.
#[derive(Deserialize, ToSchema)]
#[schema(as = WebhookReplayRequest)]
pub(crate) struct ReplayRequest {
    /// Messages that failed and were queued at this time or later.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00Z")]
    since: String,
}

/// What is replayed.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookReplay)]
pub(crate) struct ReplayView {
    /// Messages that were queued again, oldest first, as far as the backlog has room.
    replayed: u64,
}

/// Queues again all messages that failed since a time.
#[utoipa::path(
    post,
    path = "/v1/webhook-endpoints/{id}/replay",
    operation_id = "webhook_endpoints.replay",
    tag = "Webhooks",
    params(("id" = String, Path, description = "The endpoint", example = "3D1F6A9C0B7E4852A1C4E6F8091B2D3A")),
    request_body = ReplayRequest,
    responses(
        (status = 202, description = "They are queued", body = ReplayView),
        (status = 400, description = "A field is missing or past its bound", body = ProblemView, content_type = "application/problem+json"),
        NativeUsedBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    path: Path<String>,
    body: Body<ReplayRequest>,
) -> Result<HttpResponse, Problem> {
    let (scope, id) = (state.database.tenant(caller.tenant), store::id(&path)?);
    let since = moment::parse(&body.value.since).ok_or_else(|| Problem::field("since", moment::MUST))?;
    let replayed = queued(scope.webhook_messages(id).replay_failed(since).await)?;
    store::tell(scope, "replayed", "webhook_endpoint", id).await?;
    Ok(HttpResponse::Accepted().json(ReplayView { replayed }))
}

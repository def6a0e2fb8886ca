//! Lists the tenant's endpoints, oldest first, and how full its backlog is.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_http::{Authorized, ConfigRead, Problem, ProblemView};
use serde::Serialize;
use utoipa::ToSchema;

use super::view::EndpointView;
use crate::refusals::Native;
use crate::{State, store};

/// A tenant's webhook endpoints.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookEndpointList)]
pub(crate) struct ListView {
    /// All of them, oldest first.
    endpoints: Vec<EndpointView>,
    backlog: BacklogView,
}

/// Messages that wait, for all endpoints together.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookBacklog)]
struct BacklogView {
    /// How many wait.
    waiting: u32,
    /// How many may.
    limit: u32,
    /// How many were dropped so far because no more may.
    dropped: u64,
}

/// Lists the webhook endpoints.
#[utoipa::path(
    get,
    path = "/v1/webhook-endpoints",
    operation_id = "webhook_endpoints.list",
    tag = "Webhooks",
    responses(
        (status = 200, description = "All of them, oldest first", body = ListView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        Native,
    )
)]
pub(crate) async fn handler(caller: Authorized<ConfigRead>, state: Data<State>) -> Result<HttpResponse, Problem> {
    let endpoints = state.database.tenant(caller.tenant).webhook_endpoints();
    let all = endpoints.list().await.map_err(store::problem)?;
    let (waiting, limit, dropped) = endpoints.backlog().await.map_err(store::problem)?;
    let endpoints = all.into_iter().map(EndpointView::from).collect();
    Ok(HttpResponse::Ok().json(ListView { endpoints, backlog: BacklogView { waiting, limit, dropped } }))
}

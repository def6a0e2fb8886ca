//! Shows how a connection does, as every worker that used it lately sees it.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_core::breaker::Phase;
use pinfold_core::health::Health;
use pinfold_core::id::ConnectionId;
use pinfold_http::{Authorized, ConfigRead, Problem, ProblemView};
use serde::Serialize;
use utoipa::ToSchema;

use crate::refusals::NativeOne;
use crate::{State, store};

/// How a connection does.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ConnectionHealth)]
pub(crate) struct HealthView {
    /// The connection.
    #[schema(value_type = String, example = "5B6E0D3C1F2A49788C7B6A5948372615")]
    connection_id: ConnectionId,
    /// One for each worker that used it within the last quarter of an hour.
    workers: Vec<WorkerView>,
}

/// What one worker says.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ConnectionHealthOfWorker)]
struct WorkerView {
    /// Its breaker: `closed`, `open`, `half_open`, or `paused` as the provider asked.
    #[schema(value_type = String, example = "closed")]
    breaker: Phase,
    /// Since when, in milliseconds since 1970.
    #[schema(example = 1_763_720_000_000_u64)]
    since_ms: u64,
    /// Messages on their way.
    #[schema(example = 3)]
    on_their_way: u32,
    /// Messages that the provider took.
    #[schema(example = 1200)]
    accepted: u64,
    /// Attempts that failed for now.
    #[schema(example = 7)]
    temporary: u64,
    /// Attempts that were refused.
    #[schema(example = 2)]
    permanent: u64,
    /// Attempts of which nobody knows.
    #[schema(example = 1)]
    unknown: u64,
    /// The last failure.
    #[schema(example = "http_503")]
    last_failure: Option<String>,
    /// When that was, in milliseconds since 1970.
    #[schema(example = 1_763_720_000_000_u64)]
    last_failure_ms: Option<u64>,
    /// The usual time to the provider's answer, in milliseconds.
    #[schema(example = 230)]
    latency_ms: Option<u32>,
}

impl From<Health> for WorkerView {
    fn from(health: Health) -> Self {
        Self {
            breaker: health.phase,
            since_ms: health.since_ms,
            on_their_way: health.on_their_way,
            accepted: health.outcomes.accepted,
            temporary: health.outcomes.temporary,
            permanent: health.outcomes.permanent,
            unknown: health.outcomes.unknown,
            last_failure: health.last_failure,
            last_failure_ms: health.last_failure_ms,
            latency_ms: health.latency_ms,
        }
    }
}

/// Shows how a connection does.
#[utoipa::path(
    get,
    path = "/v1/connections/{id}/health",
    operation_id = "connections.health",
    tag = "Connections",
    params(("id" = String, Path, description = "The connection", example = "5B6E0D3C1F2A49788C7B6A5948372615")),
    responses(
        (status = 200, description = "What the workers say", body = HealthView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        NativeOne,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigRead>,
    state: Data<State>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let connection_id = store::id(&path)?;
    let snapshot = state.snapshot(caller.tenant).await?;
    store::found(state.database.tenant(caller.tenant).connections().get(connection_id, &snapshot.keys).await)?;
    let told = state.hot.health(caller.tenant).await.map_err(store::hot_problem)?;
    let workers = told.into_iter().filter(|health| health.connection == connection_id).map(WorkerView::from).collect();
    Ok(HttpResponse::Ok().json(HealthView { connection_id, workers }))
}

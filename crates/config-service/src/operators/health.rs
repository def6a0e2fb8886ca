//! How the platform does, as far as one process can tell.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_core::id::TenantId;
use pinfold_http::clock::rfc3339;
use pinfold_http::{Problem, ProblemView, SignedIn};
use pinfold_redis::Depth;
use serde::Serialize;
use utoipa::ToSchema;

use super::authority;
use crate::refusals::ConsoleOne;
use crate::{State, store};

/// A store.
#[derive(Serialize, ToSchema)]
#[schema(as = PlatformStore)]
struct StoreView {
    /// Whether it answers.
    ok: bool,
}

/// What waits.
#[derive(Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PlatformQueues)]
struct QueuesView {
    /// Messages to deliver.
    jobs: u64,
    /// Those that wait for their tenant's turn.
    parked: u64,
    /// Retries that wait for their time.
    due: u64,
    /// Messages that were given up.
    dead: u64,
    /// Events to record.
    events: u64,
    /// Age of the oldest message, in milliseconds.
    oldest_ms: u64,
}

impl QueuesView {
    fn add(&mut self, depth: Depth) {
        self.jobs += depth.jobs;
        self.parked += depth.parked;
        self.due += depth.due;
        self.dead += depth.dead;
        self.events += depth.events;
        self.oldest_ms = self.oldest_ms.max(depth.oldest_job_ms);
    }
}

/// A tenant that leaves.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PlatformOffBoarding)]
struct LeavingView {
    /// Its id.
    #[schema(value_type = String, example = "0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A")]
    tenant_id: TenantId,
    /// Its short name.
    slug: String,
    /// Since when.
    #[schema(format = DateTime)]
    started_at: String,
}

/// How the platform does.
#[derive(Serialize, ToSchema)]
#[schema(as = PlatformHealth)]
pub(crate) struct HealthView {
    /// Whether it can send and verify.
    ready: bool,
    /// The system of record.
    postgres: StoreView,
    /// The hot state.
    redis: StoreView,
    /// What waits, over all partitions.
    queues: QueuesView,
    /// Tenants that leave and are not gone yet.
    offboardings: Vec<LeavingView>,
}

/// Shows how the platform does.
#[utoipa::path(
    get,
    path = "/v1/operator/health",
    operation_id = "operators.health",
    tag = "Operators",
    security(("session" = [])),
    responses(
        (status = 200, description = "Stores and queues", body = HealthView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        ConsoleOne,
    )
)]
pub(crate) async fn handler(person: SignedIn, state: Data<State>) -> Result<HttpResponse, Problem> {
    authority::check(&state, &person).await?;
    let mut queues = QueuesView::default();
    let mut redis = true;
    for partition in state.hot.partitions() {
        match state.hot.depth(partition).await {
            Ok(depth) => queues.add(depth),
            Err(error) => {
                tracing::debug!(%error, "a queue cannot be looked at");
                redis = false;
                break;
            }
        }
    }
    let leaving = state.database.tenants().offboardings().await.map_err(store::problem)?;
    let offboardings = leaving
        .into_iter()
        .map(|one| LeavingView { tenant_id: one.tenant, slug: one.slug, started_at: rfc3339(one.started_ms) })
        .collect();
    // The person was looked up in PostgreSQL a moment ago.
    let (postgres, redis) = (StoreView { ok: true }, StoreView { ok: redis });
    Ok(HttpResponse::Ok().json(HealthView { ready: redis.ok, postgres, redis, queues, offboardings }))
}

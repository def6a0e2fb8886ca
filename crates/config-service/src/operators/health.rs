//! How the platform does, as far as one process can tell.

use actix_web::HttpResponse;
use actix_web::web::Data;
use futures::future::join_all;
use pinfold_core::id::{ProcessId, TenantId};
use pinfold_http::clock::rfc3339;
use pinfold_http::{Problem, ProblemView, SignedIn};
use pinfold_redis::{Depth, Partition, Process};
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

/// A partition of the hot state: a share of the tenants, on one shard of Redis.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PlatformPartition)]
struct PartitionView {
    /// Its number, from 0.
    number: u16,
    /// What waits in it; null when its shard does not answer.
    queues: Option<QueuesView>,
}

/// A process of the installation.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PlatformProcess)]
struct ProcessView {
    /// Its own name, until it ends.
    #[schema(value_type = String, example = "5F0C1D2E3A4958677685940A1B2C3D4E")]
    id: ProcessId,
    /// The machine it runs on.
    #[schema(example = "pinfold-1")]
    host: String,
    /// `gateway`, `config-service`, `verification`, `dispatch`.
    #[schema(example = json!(["gateway"]))]
    roles: Vec<String>,
    /// The version of the program.
    #[schema(example = "0.1.0")]
    version: String,
    /// Since when it runs.
    #[schema(format = DateTime)]
    started_at: String,
    /// When it was last heard of. One that stops takes its leave; one that is silent for more than a few seconds has died, or
    /// does not reach Redis.
    #[schema(format = DateTime)]
    seen_at: String,
    /// Whether it takes requests, as it said then.
    ready: bool,
    /// What is wrong with it, in words.
    faults: Vec<String>,
}

impl From<Process> for ProcessView {
    fn from(process: Process) -> Self {
        Self {
            id: process.id,
            host: process.host,
            roles: process.roles,
            version: process.version,
            started_at: rfc3339(process.started_ms),
            seen_at: rfc3339(process.seen_ms),
            ready: process.is_ready,
            faults: process.faults,
        }
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
    /// The same by partition.
    partitions: Vec<PartitionView>,
    /// The processes that run, and those that fell silent within a quarter of an hour.
    processes: Vec<ProcessView>,
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
    // All at once, so that what is silent is waited for once.
    let hot = &state.hot;
    let look = |partition: Partition| async move {
        let depth = hot.depth(partition).await.inspect_err(|error| {
            tracing::debug!(%error, "a queue cannot be looked at");
        });
        (partition.number(), depth.ok())
    };
    let depths = join_all(hot.partitions().map(look)).await;
    let mut queues = QueuesView::default();
    depths.iter().filter_map(|(_, depth)| *depth).for_each(|depth| queues.add(depth));
    let redis = depths.iter().all(|(_, depth)| depth.is_some());
    let of = |depth| {
        let mut queues = QueuesView::default();
        queues.add(depth);
        queues
    };
    let partitions = depths.into_iter().map(|(number, depth)| PartitionView { number, queues: depth.map(of) }).collect();
    let processes = if redis { hot.processes().await.unwrap_or_default() } else { Vec::new() };
    let processes = processes.into_iter().map(ProcessView::from).collect();
    let leaving = state.database.tenants().offboardings().await.map_err(store::problem)?;
    let offboardings = leaving
        .into_iter()
        .map(|one| LeavingView { tenant_id: one.tenant, slug: one.slug, started_at: rfc3339(one.started_ms) })
        .collect();
    // The person was looked up in PostgreSQL a moment ago.
    let (postgres, redis) = (StoreView { ok: true }, StoreView { ok: redis });
    Ok(HttpResponse::Ok().json(HealthView { ready: redis.ok, postgres, redis, queues, partitions, processes, offboardings }))
}

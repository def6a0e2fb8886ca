//! Tells everybody else how the connections do: when a breaker changes, and every few seconds.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::worker::Worker;

/// How often changes are looked for.
const LOOK: Duration = Duration::from_secs(1);
/// How often what did not change is told again.
const EVERY_MS: u64 = 10_000;

/// Tells until `stop`.
pub(crate) async fn tell(worker: &Worker, name: &str, stop: &CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_some() {
        let (tenants, forgotten) = worker.lines.to_tell(worker.clock.now_ms(), EVERY_MS);
        forgotten.iter().for_each(|connection| worker.metrics.forget(*connection));
        for (tenant, connections) in tenants {
            for health in &connections {
                worker.metrics.breaker(health.connection, health.phase);
            }
            if let Err(error) = worker.hot.tell_health(tenant, name, &connections).await {
                worker.redis.begin(&error);
            }
        }
    }
}

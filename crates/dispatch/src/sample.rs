//! Measures how much waits in every partition.

use std::time::Duration;

use pinfold_redis::Hot;
use tokio_util::sync::CancellationToken;

use crate::lease::Leases;
use crate::metrics::Metrics;
use crate::outage::Outage;

/// Measures until `stop`.
pub(crate) async fn sample(
    hot: &Hot,
    leases: &Leases,
    metrics: &Metrics,
    every: Duration,
    outage: &Outage,
    stop: &CancellationToken,
) {
    loop {
        metrics.in_hand(leases.count());
        for partition in hot.partitions() {
            match hot.depth(partition).await {
                Ok(depth) => metrics.depth(partition, depth),
                Err(error) => {
                    outage.begin(&error);
                    break;
                }
            }
        }
        if stop.run_until_cancelled(tokio::time::sleep(every)).await.is_none() {
            return;
        }
    }
}

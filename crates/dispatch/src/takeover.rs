//! Takes over the jobs of workers that are silent for a lease, and forgets those that never come back.

use std::time::Duration;

use pinfold_redis::{Error, Hot, JobEntry, Partition, Queue};
use tokio_util::sync::CancellationToken;

use crate::worker::Worker;

/// How often such jobs are looked for.
pub(crate) const LOOK_AROUND: Duration = Duration::from_secs(1);
/// How long a reader that holds nothing is silent before it is forgotten, and how often such are looked for.
const GONE: Duration = Duration::from_secs(3_600);
const LOOK_FOR_GONE: Duration = Duration::from_secs(600);
/// Most jobs taken over in one round trip.
const MOST: usize = 256;

/// Takes over what there is; says when to look again.
pub(crate) async fn take_over(worker: &Worker, queue: &Queue, partitions: &[Partition]) -> (Vec<JobEntry>, Duration) {
    let mut found = Vec::new();
    match from_all(worker, queue, partitions, &mut found).await {
        Ok(()) => (found, LOOK_AROUND),
        Err(error) => {
            worker.redis.begin(&error);
            // All workers were silent while Redis was away. Those who live get the time to say so.
            (found, worker.settings.lease())
        }
    }
}

async fn from_all(worker: &Worker, queue: &Queue, partitions: &[Partition], found: &mut Vec<JobEntry>) -> Result<(), Error> {
    for partition in partitions {
        loop {
            let entries = queue.take_over(*partition, worker.settings.lease(), MOST).await?;
            let is_last = entries.len() < MOST;
            found.extend(entries);
            if is_last {
                break;
            }
        }
    }
    Ok(())
}

/// Forgets workers that were killed and hold nothing any more, now and then, until `stop`. Whoever fails to is followed by others.
pub(crate) async fn forget_gone(hot: &Hot, stop: &CancellationToken) {
    loop {
        match hot.forget_silent_readers(GONE).await {
            Ok(0) => {}
            Ok(readers) => tracing::info!(readers, "readers of the queues that are gone were forgotten"),
            Err(error) => {
                let error = &error as &(dyn std::error::Error + 'static);
                tracing::debug!(error, "readers of the queues that are gone stay listed");
            }
        }
        if stop.run_until_cancelled(tokio::time::sleep(LOOK_FOR_GONE)).await.is_none() {
            return;
        }
    }
}

//! Takes over the jobs of workers that are silent for a lease.

use std::time::Duration;

use pinfold_redis::{Error, JobEntry, Partition, Queue};

use crate::worker::Worker;

/// How often such jobs are looked for.
pub(crate) const LOOK_AROUND: Duration = Duration::from_secs(1);
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

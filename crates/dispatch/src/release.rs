//! Moves retries whose time has come back into the queue: this worker's own at their time, what other workers left
//! within a second.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pinfold_redis::{Hot, Partition};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::outage::Outage;

/// How often every partition is looked at.
const SWEEP: Duration = Duration::from_secs(1);
/// Retries due within that time are moved together.
const TOGETHER: Duration = Duration::from_millis(20);
/// Most retries moved at once.
const MOST: u32 = 500;

/// When this worker's retries are due.
#[derive(Default)]
pub(crate) struct Due {
    times: Mutex<BTreeMap<Instant, BTreeSet<Partition>>>,
    changed: Notify,
}

impl Due {
    fn times(&self) -> MutexGuard<'_, BTreeMap<Instant, BTreeSet<Partition>>> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a retry that is due at `at`.
    pub(crate) fn add(&self, partition: Partition, at: Instant) {
        let at = at + TOGETHER;
        let mut times = self.times();
        // A release of the partition that is planned a little later serves this retry too.
        if times
            .range(at - TOGETHER..at + TOGETHER)
            .any(|(planned, partitions)| *planned >= at && partitions.contains(&partition))
        {
            return;
        }
        let is_next = times.first_key_value().is_none_or(|(first, _)| at < *first);
        times.entry(at).or_default().insert(partition);
        drop(times);
        if is_next {
            self.changed.notify_one();
        }
    }

    fn next(&self) -> Option<Instant> {
        self.times().first_key_value().map(|(at, _)| *at)
    }

    fn take(&self, now: Instant) -> BTreeSet<Partition> {
        let mut times = self.times();
        let later = times.split_off(&(now + Duration::from_nanos(1)));
        std::mem::replace(&mut *times, later).into_values().flatten().collect()
    }
}

/// Releases until `stop`.
pub(crate) async fn release(hot: &Hot, due: &Due, outage: &Outage, stop: &CancellationToken) {
    let mut swept = Instant::now();
    loop {
        let sweep = swept + SWEEP;
        let next = due.next().map_or(sweep, |at| at.min(sweep));
        tokio::select! {
            () = sleep_until(next) => {}
            () = due.changed.notified() => continue,
            () = stop.cancelled() => return,
        }
        let now = Instant::now();
        let mut partitions = due.take(now);
        if now >= sweep {
            swept = now;
            partitions.extend(hot.partitions());
        }
        for partition in partitions {
            match until_less(hot, partition).await {
                Ok(()) => outage.end(),
                Err(error) => outage.begin(&error),
            }
        }
    }
}

async fn until_less(hot: &Hot, partition: Partition) -> Result<(), pinfold_redis::Error> {
    while hot.release(partition, MOST).await? == MOST as usize {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_of_one_moment_are_released_together_and_in_time() {
        let (due, start) = (Due::default(), Instant::now());
        let after = |ms| start + Duration::from_millis(ms);
        let [first, second] = [0, 1].map(|number| Partition::all(2).nth(number).expect("there are two"));
        due.add(first, after(500));
        due.add(first, after(490));
        due.add(second, after(100));
        assert_eq!(due.next(), Some(after(120)));
        assert_eq!(due.take(after(119)), BTreeSet::new());
        assert_eq!(due.take(after(120)), BTreeSet::from([second]));
        assert_eq!(due.next(), Some(after(520)));
        assert_eq!(due.take(after(1_000)), BTreeSet::from([first]));
        assert_eq!(due.next(), None);
    }
}

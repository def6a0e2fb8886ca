//! Jobs in hand, and the heartbeat that keeps others from taking them over while a provider is slow. A lease that ran
//! out is not renewed: somebody else has the job by then, and it must not be started here any more.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use pinfold_http::clock::stopwatch;
use pinfold_redis::{JobEntry, Partition, Queue};
use tokio_util::sync::CancellationToken;

use crate::outage::Outage;

/// An answer of Redis may have been under way for that long when the lease starts here.
const MARGIN: Duration = Duration::from_secs(1);
/// Most jobs named in one heartbeat.
const NAMED: usize = 500;
/// How soon a failed heartbeat is repeated.
const REPEAT: Duration = Duration::from_millis(250);

/// All jobs in this worker's hand.
pub(crate) struct Leases {
    length: Duration,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    places: Vec<Option<Place>>,
    free: Vec<usize>,
}

struct Place {
    entry: Arc<JobEntry>,
    kept: Instant,
}

/// One job in hand; out of it when dropped.
pub(crate) struct Lease {
    leases: Arc<Leases>,
    place: usize,
    /// The job.
    pub(crate) entry: Arc<JobEntry>,
}

impl Leases {
    pub(crate) fn new(length: Duration) -> Arc<Self> {
        Arc::new(Self { length, held: Mutex::default() })
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a job that Redis handed out `at` that time into the hand.
    pub(crate) fn hold(self: &Arc<Self>, entry: JobEntry, at: Instant) -> Lease {
        let entry = Arc::new(entry);
        let place = Place { entry: Arc::clone(&entry), kept: at };
        let mut held = self.held();
        let index = match held.free.pop() {
            Some(index) => {
                held.places[index] = Some(place);
                index
            }
            None => {
                held.places.push(Some(place));
                held.places.len() - 1
            }
        };
        Lease { leases: Arc::clone(self), place: index, entry }
    }

    /// Whether the job is in hand here already. If so, its lease starts again: Redis just handed it to this worker.
    pub(crate) fn renew(&self, entry: &JobEntry) -> bool {
        let mut held = self.held();
        let same = |place: &&mut Place| place.entry.partition == entry.partition && place.entry.id == entry.id;
        match held.places.iter_mut().flatten().find(same) {
            Some(place) => {
                place.kept = stopwatch();
                true
            }
            None => false,
        }
    }

    /// The jobs whose heartbeat is due after `age`, by partition, each with its place.
    fn due(&self, age: Duration) -> BTreeMap<Partition, Vec<(usize, Arc<JobEntry>)>> {
        let mut due: BTreeMap<Partition, Vec<(usize, Arc<JobEntry>)>> = BTreeMap::new();
        for (index, place) in self.held().places.iter().enumerate() {
            if let Some(place) = place
                && (age..self.length).contains(&place.kept.elapsed())
            {
                due.entry(place.entry.partition).or_default().push((index, Arc::clone(&place.entry)));
            }
        }
        due
    }

    /// Notes that Redis heard of these jobs no earlier than `at`.
    fn kept(&self, jobs: &[(usize, Arc<JobEntry>)], at: Instant) {
        let mut held = self.held();
        for (index, entry) in jobs {
            // Meanwhile the place may have become another job's.
            if let Some(place) = &mut held.places[*index]
                && Arc::ptr_eq(&place.entry, entry)
            {
                place.kept = at;
            }
        }
    }

    /// How many jobs are in hand.
    pub(crate) fn count(&self) -> usize {
        let held = self.held();
        held.places.len() - held.free.len()
    }
}

impl Lease {
    /// Whether nobody else can have the job yet at that time.
    pub(crate) fn is_good(&self, at: Instant) -> bool {
        let kept = self.leases.held().places[self.place].as_ref().map(|place| place.kept);
        kept.is_some_and(|kept| at.saturating_duration_since(kept) + MARGIN < self.leases.length)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut held = self.leases.held();
        held.places[self.place] = None;
        held.free.push(self.place);
    }
}

/// Keeps the leases until `stop`.
pub(crate) async fn keep(leases: &Leases, queue: &Queue, every: Duration, outage: &Outage, stop: &CancellationToken) {
    let mut pause = every;
    while stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_some() {
        pause = every;
        // What is younger than half a heartbeat is still young at the next one; most jobs never get that old.
        for (partition, jobs) in leases.due(every / 2) {
            for jobs in jobs.chunks(NAMED) {
                let ids: Vec<String> = jobs.iter().map(|(_, entry)| entry.id.clone()).collect();
                let at = stopwatch();
                match queue.keep(partition, &ids).await {
                    Ok(()) => {
                        outage.end();
                        leases.kept(jobs, at);
                    }
                    Err(error) => {
                        outage.begin(&error);
                        pause = REPEAT;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use pinfold_redis::Partition;

    use super::*;

    fn entry(id: &str) -> JobEntry {
        let partition = Partition::all(1).next().expect("there is one");
        JobEntry { partition, id: id.into(), bytes: Vec::new(), job: None, timer: None, handed_out: 1, queued_ms: 0 }
    }

    #[test]
    fn a_place_is_used_again_when_its_job_left_the_hand() {
        let leases = Leases::new(Duration::from_secs(6));
        let first = leases.hold(entry("1-0"), stopwatch());
        let second = leases.hold(entry("2-0"), stopwatch());
        assert!(first.is_good(stopwatch()) && second.is_good(stopwatch()) && leases.renew(&entry("1-0")));
        drop(first);
        assert!(!leases.renew(&entry("1-0")) && leases.renew(&entry("2-0")));
        let third = leases.hold(entry("3-0"), stopwatch());
        assert_eq!((third.place, leases.count()), (0, 2));
    }

    #[test]
    fn a_lease_that_ran_out_is_neither_good_nor_renewed_by_the_heartbeat() {
        let leases = Leases::new(Duration::ZERO);
        let lease = leases.hold(entry("1-0"), stopwatch());
        assert!(!lease.is_good(stopwatch()) && leases.due(Duration::ZERO).is_empty());
        let leases = Leases::new(Duration::from_secs(6));
        let lease = leases.hold(entry("1-0"), stopwatch());
        assert!(lease.is_good(stopwatch()) && leases.due(Duration::from_secs(1)).is_empty());
        let due = leases.due(Duration::ZERO).remove(&lease.entry.partition).expect("it is due");
        assert_eq!(due.iter().map(|(place, entry)| (*place, entry.id.as_str())).collect::<Vec<_>>(), [(0, "1-0")]);
    }
}

//! One partition's jobs in a lane: those that wait for a slot, how many are under way, and those that wait to be
//! settled together.

use std::time::Duration;

use pinfold_core::event::Event;
use pinfold_redis::{Partition, Then};

use crate::Settings;
use crate::inbox::{Inbox, Slot};
use crate::lease::Lease;

/// Most results that are settled together. Small batches keep worker, Redis and providers at work side by side; in large ones
/// everything would wait for everything else.
const TOGETHER: usize = 32;

/// So many results are settled together and do not wait for more: at most a quarter of the slots.
pub(crate) fn most_together(settings: &Settings) -> usize {
    (settings.concurrency / 4).clamp(1, TOGETHER)
}

/// So many jobs of tenants that have all their slots are held while the lane reads on for others.
const ASIDE: usize = 32;

/// A job that has its slot.
pub(crate) struct Started {
    pub(crate) lease: Lease,
    pub(crate) slot: Slot,
}

/// A job with its result.
pub(crate) struct Finished {
    pub(crate) lease: Lease,
    /// The slot is free again once the result is settled: then a killed worker repeats no more than it has slots.
    pub(crate) slot: Option<Slot>,
    pub(crate) event: Option<Event>,
    pub(crate) then: Then,
}

/// One partition's jobs.
pub(crate) struct Desk {
    pub(crate) partition: Partition,
    /// Jobs that wait for a slot.
    pub(crate) inbox: Inbox,
    /// Whether the last read left jobs behind, as far as one can tell.
    pub(crate) has_more: bool,
    /// Jobs that have just got their slots.
    pub(crate) starting: Vec<Started>,
    /// Jobs that were started and have no result yet.
    pub(crate) running: usize,
    /// Jobs that were started since somebody last looked whether those that wait are in the way.
    pub(crate) started: usize,
    finished: Vec<Finished>,
    together: usize,
    settling: usize,
    is_flushed: bool,
}

impl Desk {
    /// The jobs of a partition, of whose results so many are settled `together`.
    pub(crate) fn new(partition: Partition, together: usize) -> Self {
        Self {
            partition,
            inbox: Inbox::default(),
            has_more: false,
            starting: Vec::new(),
            running: 0,
            started: 0,
            finished: Vec::new(),
            together,
            settling: 0,
            is_flushed: false,
        }
    }

    /// Whether anything is in hand.
    pub(crate) fn is_active(&self) -> bool {
        !self.inbox.is_empty() || self.taken() > 0
    }

    /// Whether jobs wait, here or in the queue.
    pub(crate) fn has_waiting(&self) -> bool {
        self.has_more || !self.inbox.is_empty()
    }

    /// How many jobs wait, as far as that is a reason not to read on: those of tenants that have their `most` slots are not
    /// while they are few.
    pub(crate) fn waiting(&self, most: usize) -> usize {
        if self.inbox.len() < ASIDE { self.inbox.ready(most) } else { self.inbox.len() }
    }

    /// Whether jobs that cannot start are in the way of others, although there is a slot.
    pub(crate) fn is_blocked(&self, most: usize) -> bool {
        most > 0 && self.inbox.len() >= ASIDE && self.inbox.ready(most) == 0
    }

    /// Whether those jobs will be in the way for long: more of them wait than were started since the last look.
    pub(crate) fn is_stuck(&self, most: usize) -> bool {
        self.is_blocked(most) && self.started < self.inbox.len()
    }

    /// Gives jobs that were not started back to the queue, for a while.
    pub(crate) fn give_back(&mut self, after: Duration) {
        for lease in self.inbox.drain() {
            let then = Then::Retry { after, job: lease.entry.bytes.clone() };
            self.finish(Finished { lease, slot: None, event: None, then });
        }
    }

    /// Starts a job.
    pub(crate) fn start(&mut self, job: Started) {
        self.running += 1;
        self.started += 1;
        self.starting.push(job);
    }

    /// How many slots are taken, at most.
    pub(crate) fn taken(&self) -> usize {
        self.running + self.finished.len() + self.settling
    }

    /// Whether results wait.
    pub(crate) fn has_finished(&self) -> bool {
        !self.finished.is_empty()
    }

    pub(crate) fn finish(&mut self, finished: Finished) {
        self.finished.push(finished);
    }

    /// The results that wait have waited long enough.
    pub(crate) fn flush(&mut self) {
        self.is_flushed = !self.finished.is_empty();
    }

    /// The next results to settle now, if any. While some are being settled, a batch that is not full goes on gathering.
    pub(crate) fn take_batch(&mut self) -> Option<Vec<Finished>> {
        let is_time = self.settling == 0 && (self.is_flushed || self.running == 0);
        if self.finished.is_empty() || !is_time && self.finished.len() < self.together {
            return None;
        }
        let later = self.finished.split_off(self.finished.len().min(self.together));
        let batch = std::mem::replace(&mut self.finished, later);
        self.settling += batch.len();
        self.is_flushed &= !self.finished.is_empty();
        Some(batch)
    }

    /// A batch of so many results is settled.
    pub(crate) fn settled(&mut self, count: usize) {
        self.settling -= count;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use pinfold_core::id::TenantId;
    use pinfold_http::clock::stopwatch;
    use pinfold_redis::JobEntry;
    use tokio::sync::Semaphore;

    use super::*;
    use crate::lease::Leases;

    fn finished(count: usize) -> Vec<Finished> {
        let leases = Leases::new(Duration::from_secs(6));
        let partition = Partition::all(1).next().expect("there is one");
        let entry = |id: usize| JobEntry {
            partition,
            id: id.to_string(),
            bytes: Vec::new(),
            job: None,
            timer: None,
            handed_out: 1,
            queued_ms: 0,
        };
        (0..count)
            .map(|id| Finished { lease: leases.hold(entry(id), stopwatch()), slot: None, event: None, then: Then::Done })
            .collect()
    }

    fn desk(running: usize, results: usize) -> Desk {
        let mut desk = Desk::new(Partition::all(1).next().expect("there is one"), TOGETHER);
        desk.running = running;
        finished(results).into_iter().for_each(|finished| desk.finish(finished));
        desk
    }

    fn size(desk: &mut Desk) -> Option<usize> {
        desk.take_batch().map(|batch| batch.len())
    }

    #[test]
    fn results_wait_for_company_but_not_when_nothing_else_is_under_way() {
        assert_eq!(size(&mut desk(1, 3)), None);
        assert_eq!(size(&mut desk(0, 3)), Some(3));
        assert_eq!(size(&mut desk(9, TOGETHER)), Some(TOGETHER));
        let mut waited = desk(1, 3);
        waited.flush();
        assert_eq!(size(&mut waited), Some(3));
    }

    #[test]
    fn full_batches_go_at_once_and_the_rest_waits_for_those_on_their_way() {
        let mut desk = desk(0, 2 * TOGETHER + 1);
        assert_eq!([size(&mut desk), size(&mut desk), size(&mut desk)], [Some(TOGETHER), Some(TOGETHER), None]);
        desk.settled(TOGETHER);
        assert_eq!(size(&mut desk), None);
        desk.settled(TOGETHER);
        assert_eq!(size(&mut desk), Some(1));
        desk.settled(1);
        assert!(size(&mut desk).is_none() && !desk.is_active());
    }

    #[test]
    fn jobs_are_in_the_way_for_long_when_fewer_were_started_than_wait() {
        let (mut desk, slots) = (desk(0, 0), Arc::new(Semaphore::new(8)));
        finished(ASIDE + 2).into_iter().for_each(|it| desk.inbox.push(TenantId::from_bytes([1; 16]), it.lease));
        let permit = || Arc::clone(&slots).try_acquire_owned().expect("one is free");
        let held: Vec<_> = (0..2).map(|_| desk.inbox.next(2).expect("it waits").1.slot(permit())).collect();
        assert!(desk.is_blocked(2) && desk.is_stuck(2));
        desk.started = ASIDE;
        assert!(desk.is_blocked(2) && !desk.is_stuck(2), "a quick provider will have taken them soon");
        drop(held);
        assert!(!desk.is_blocked(2));
    }
}

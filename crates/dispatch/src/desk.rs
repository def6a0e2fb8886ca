//! One partition's jobs in a lane: those that wait for a slot, how many are under way, and those that wait to be
//! settled together.

use std::time::Duration;

use pinfold_core::event::Event;
use pinfold_redis::{Partition, Then};

use crate::inbox::{Inbox, Slot};
use crate::lease::Lease;

/// So many results are settled without waiting for more.
const TOGETHER: usize = 32;
/// Most results in one script: longer ones would hold up everybody else at Redis.
const MOST: usize = 256;
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
    /// Jobs that were started and have no result yet.
    pub(crate) running: usize,
    finished: Vec<Finished>,
    settling: usize,
    is_flushed: bool,
}

impl Desk {
    pub(crate) fn new(partition: Partition) -> Self {
        Self {
            partition,
            inbox: Inbox::default(),
            has_more: false,
            running: 0,
            finished: Vec::new(),
            settling: 0,
            is_flushed: false,
        }
    }

    /// Whether anything is in hand.
    pub(crate) fn is_active(&self) -> bool {
        !self.inbox.is_empty() || self.taken() > 0
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

    /// Gives jobs that were not started back to the queue, for a while.
    pub(crate) fn give_back(&mut self, after: Duration) {
        for lease in self.inbox.drain() {
            let then = Then::Retry { after, job: lease.entry.bytes.clone() };
            self.finish(Finished { lease, slot: None, event: None, then });
        }
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

    /// The results to settle now, if any. One batch at a time: while it is under way the next one gathers.
    pub(crate) fn take_batch(&mut self) -> Option<Vec<Finished>> {
        let is_time = self.is_flushed || self.running == 0 || self.finished.len() >= TOGETHER;
        if self.settling > 0 || self.finished.is_empty() || !is_time {
            return None;
        }
        let later = self.finished.split_off(self.finished.len().min(MOST));
        self.settling = self.finished.len();
        self.is_flushed &= !later.is_empty();
        Some(std::mem::replace(&mut self.finished, later))
    }

    /// A batch is settled.
    pub(crate) fn settled(&mut self) {
        self.settling = 0;
    }
}

#[cfg(test)]
mod tests {
    use pinfold_redis::JobEntry;

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
        (0..count).map(|id| Finished { lease: leases.hold(entry(id)), slot: None, event: None, then: Then::Done }).collect()
    }

    fn desk(running: usize, results: usize) -> Desk {
        let mut desk = Desk::new(Partition::all(1).next().expect("there is one"));
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
    fn one_batch_at_a_time_and_none_too_long() {
        let mut desk = desk(0, MOST + 1);
        assert_eq!(size(&mut desk), Some(MOST));
        assert_eq!(size(&mut desk), None);
        desk.settled();
        assert_eq!(size(&mut desk), Some(1));
        desk.settled();
        assert!(size(&mut desk).is_none() && !desk.is_active());
    }
}

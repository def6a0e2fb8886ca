//! How far to read ahead: what the free slots take, and about twice as much as ends until the next read. With a quick
//! provider no slot waits for a read; with a slow one no worker hoards what another could send. Pure.

use std::time::Duration;

/// How long a read from all partitions waits for the first job.
pub(crate) const PATIENCE: Duration = Duration::from_millis(500);
/// How long to rest between looks at idle partitions while others have enough in hand: a waiting read would be in the way
/// when they have not.
const REST: Duration = Duration::from_millis(10);
/// The same while nothing ends.
const LONG_REST: Duration = Duration::from_millis(100);

/// How many jobs end between two reads.
#[derive(Default)]
pub(crate) struct Pace {
    last: usize,
    ended: usize,
}

impl Pace {
    /// A job ended.
    pub(crate) fn ended(&mut self) {
        self.ended += 1;
    }

    fn expected(&self) -> usize {
        self.ended.max(self.last / 2)
    }

    /// How many jobs each of the `active` partitions may have waiting.
    pub(crate) fn share(&self, free_slots: usize, active: usize, most: usize) -> usize {
        (free_slots + 2 * self.expected()).div_ceil(active.max(1)).min(most)
    }

    /// A read starts; says how long to rest when it looks at idle partitions only.
    pub(crate) fn read(&mut self) -> Duration {
        self.last = self.expected();
        self.ended = 0;
        if self.last > 0 { REST } else { LONG_REST }
    }
}

/// Whether a partition with so many waiting jobs wants more.
pub(crate) fn wants(share: usize, waiting: usize) -> bool {
    share > 0 && waiting * 2 <= share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_worker_reads_for_all_its_slots() {
        let mut pace = Pace::default();
        assert_eq!(pace.share(64, 0, 64), 64);
        assert_eq!(pace.share(64, 4, 64), 16);
        assert_eq!(pace.read(), LONG_REST);
    }

    #[test]
    fn a_busy_worker_reads_ahead_of_what_ends() {
        let mut pace = Pace::default();
        (0..100).for_each(|_| pace.ended());
        assert_eq!(pace.share(0, 1, 256), 200);
        assert!(wants(200, 100) && !wants(200, 101));
        assert_eq!(pace.read(), REST);
        assert_eq!(pace.share(0, 1, 256), 100);
    }

    #[test]
    fn a_worker_whose_slots_are_all_slow_takes_nothing_from_others() {
        let mut pace = Pace::default();
        assert_eq!(pace.share(0, 1, 64), 0);
        assert!(!wants(0, 0));
        assert_eq!(pace.read(), LONG_REST);
        pace.ended();
        assert_eq!(pace.share(1, 1, 64), 3);
    }
}

//! Messages go before the record of them: somebody waits for a code, and nobody for the record. While jobs wait for a slot,
//! the recorders of this process stand back, for a while.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

/// How long a recorder stands back before it catches up with what was done meanwhile.
const LONGEST: Duration = Duration::from_secs(2);
/// How long no job waits before the next burst is another one: a read may find nothing for a moment.
const CALM: Duration = Duration::from_millis(10);

/// Counts the lanes in which jobs wait.
#[derive(Default)]
pub(crate) struct Precedence(watch::Sender<usize>);

/// A lane's claim to go first.
pub(crate) struct Claim {
    lanes: watch::Sender<usize>,
    is_made: bool,
}

/// A recorder that gives way.
pub(crate) struct Deference {
    lanes: watch::Receiver<usize>,
    /// Until when it may stand back; set when it does so first after it had recorded everything.
    until: Option<Instant>,
}

impl Precedence {
    /// For a lane.
    pub(crate) fn claim(&self) -> Claim {
        Claim { lanes: self.0.clone(), is_made: false }
    }

    /// For a recorder.
    pub(crate) fn deference(&self) -> Deference {
        Deference { lanes: self.0.subscribe(), until: None }
    }
}

impl Claim {
    /// Says whether jobs wait.
    pub(crate) fn set(&mut self, is_made: bool) {
        if self.is_made != is_made {
            self.is_made = is_made;
            self.lanes.send_modify(|lanes| if is_made { *lanes += 1 } else { *lanes -= 1 });
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.set(false);
    }
}

impl Deference {
    /// Waits while jobs wait, but no longer than is good for the record, and not for one that stops.
    pub(crate) async fn stand_back(&mut self, stop: &CancellationToken) {
        if *self.lanes.borrow() == 0 {
            return;
        }
        let until = *self.until.get_or_insert_with(|| Instant::now() + LONGEST);
        if Instant::now() >= until {
            return;
        }
        // Whatever ends the wait, it is the recorder's turn.
        let _ = stop.run_until_cancelled(timeout_at(until, self.calm())).await;
    }

    /// Waits until no job has waited for a while.
    async fn calm(&mut self) {
        while self.lanes.wait_for(|lanes| *lanes == 0).await.is_ok() {
            if timeout(CALM, self.lanes.wait_for(|lanes| *lanes > 0)).await.is_err() {
                return;
            }
        }
    }

    /// Everything there is was recorded.
    pub(crate) fn caught_up(&mut self) {
        self.until = None;
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    fn goes(deference: &mut Deference, stop: &CancellationToken) -> bool {
        deference.stand_back(stop).now_or_never().is_some()
    }

    #[tokio::test]
    async fn a_recorder_goes_when_no_jobs_wait_in_any_lane() {
        let (precedence, stop) = (Precedence::default(), CancellationToken::new());
        let (mut first, mut second, mut deference) = (precedence.claim(), precedence.claim(), precedence.deference());
        assert!(goes(&mut deference, &stop));
        first.set(true);
        second.set(true);
        first.set(false);
        assert!(!goes(&mut deference, &stop));
        drop(second);
        assert!(goes(&mut deference, &stop));
        first.set(true);
        stop.cancel();
        assert!(goes(&mut deference, &stop), "one that stops does not wait");
    }

    #[tokio::test]
    async fn a_recorder_that_stood_back_long_enough_goes_until_it_has_caught_up() {
        let (precedence, stop) = (Precedence::default(), CancellationToken::new());
        let (mut claim, mut deference) = (precedence.claim(), precedence.deference());
        claim.set(true);
        assert!(!goes(&mut deference, &stop));
        deference.until = Some(Instant::now());
        assert!(goes(&mut deference, &stop) && goes(&mut deference, &stop));
        deference.caught_up();
        assert!(!goes(&mut deference, &stop));
    }
}

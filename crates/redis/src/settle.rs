//! Settles jobs: the worker's results for a batch of one partition, each applied by the first worker only.

use std::borrow::Cow;
use std::time::Duration;

use pinfold_core::event::Event;

use crate::function::{Function, Numbers};
use crate::queue::GROUP;
use crate::{Error, Hot, JobEntry, Partition, Timer};

/// The result of one job.
#[derive(Debug)]
pub struct Settlement<'a> {
    /// The job.
    pub entry: &'a JobEntry,
    /// What happened, if it is known whose PIN it was.
    pub event: Option<Event>,
    /// What follows.
    pub then: Then,
}

/// What follows a job.
#[derive(Debug)]
pub enum Then {
    /// Nothing: it is done.
    Done,
    /// Another attempt, after a while.
    Retry {
        /// How long.
        after: Duration,
        /// The job with its attempt counted.
        job: Vec<u8>,
    },
    /// A look at the PIN's fallback plan, after a while.
    Look {
        /// How long.
        after: Duration,
        /// The timer.
        timer: Timer,
    },
    /// The dead-letter stream.
    Bury {
        /// Why, as a stable word.
        reason: String,
        /// And a look at the PIN's fallback plan, at once.
        timer: Option<Timer>,
    },
}

impl Hot {
    /// Settles jobs of one partition, in one round trip; gives how many of them were still open.
    ///
    /// # Errors
    /// When Redis cannot be asked; the jobs stay in hand and are taken over after the lease.
    pub async fn settle(&self, partition: Partition, settlements: &[Settlement<'_>]) -> Result<usize, Error> {
        let numbers = Numbers::default().ms(self.clock_ms).u32(self.settings.dead_letters);
        let events: Vec<Vec<u8>> =
            settlements.iter().map(|it| it.event.as_ref().map(Event::encode).unwrap_or_default()).collect();
        let parts: Vec<_> = settlements.iter().map(parts).collect();
        let mut args: Vec<&[u8]> = vec![numbers.bytes(), GROUP.as_bytes()];
        for ((settlement, event), (due, job, reason)) in settlements.iter().zip(&events).zip(&parts) {
            args.extend([settlement.entry.id.as_bytes(), event, due.as_bytes(), job, reason.as_bytes()]);
        }
        let keys = [partition.jobs(), partition.events(), partition.due(), partition.dead()];
        let keys: Vec<&[u8]> = keys.iter().map(String::as_bytes).collect();
        Function::Settle.call(self, &keys, &args).await
    }
}

/// When something follows, what follows, and why the job is given up; empty where there is nothing. Behind the length of a
/// job that is given up stands the timer that follows.
fn parts<'a>(settlement: &'a Settlement<'_>) -> (String, Cow<'a, [u8]>, &'a str) {
    match &settlement.then {
        Then::Done => (String::new(), Cow::default(), ""),
        Then::Retry { after, job } => (after.as_millis().to_string(), job.into(), ""),
        Then::Look { after, timer } => (after.as_millis().to_string(), timer.encode().into(), ""),
        Then::Bury { reason, timer: None } => (String::new(), Cow::from(&settlement.entry.bytes), reason),
        Then::Bury { reason, timer: Some(timer) } => {
            let job = &settlement.entry.bytes;
            let length = u16::try_from(job.len()).unwrap_or(0).to_be_bytes();
            let job = &job[..usize::from(u16::from_be_bytes(length))];
            ("0".to_owned(), [&length[..], job, &timer.encode()].concat().into(), reason)
        }
    }
}

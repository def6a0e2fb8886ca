//! Settles jobs: the worker's results for a batch of one partition, each applied by the first worker only.

use std::borrow::Cow;
use std::time::Duration;

use pinfold_core::event::Event;

use crate::function::{Function, Packed};
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
        if settlements.is_empty() {
            return Ok(0);
        }
        let count = u32::try_from(settlements.len()).expect("a batch is some hundred jobs");
        let numbers = Packed::default().ms(self.clock_ms).u32(self.settings.dead_letters).u32(count);
        let (mut lengths, mut events) = (Vec::with_capacity(2 * settlements.len()), Vec::with_capacity(320 * settlements.len()));
        for settlement in settlements {
            let start = events.len();
            if let Some(event) = &settlement.event {
                events.extend([0, 0]);
                event.encode_into(&mut events);
                let length = u16::try_from(events.len() - start - 2).expect("an event is some kilobytes at most").to_be_bytes();
                events[start..start + 2].copy_from_slice(&length);
                lengths.extend(length);
            } else {
                lengths.extend([0, 0]);
            }
        }
        let followed: Vec<_> = settlements.iter().enumerate().filter_map(|(nth, it)| followed(nth, it)).collect();
        let mut args: Vec<&[u8]> = Vec::with_capacity(4 + settlements.len() + 4 * followed.len());
        args.extend([numbers.bytes(), GROUP.as_bytes(), &lengths, &events]);
        args.extend(settlements.iter().map(|it| it.entry.id.as_bytes()));
        for (nth, due, job, reason) in &followed {
            args.extend([nth.as_bytes(), due.as_bytes(), job, reason.as_bytes()]);
        }
        let keys = [partition.jobs(), partition.events(), partition.due(), partition.dead()];
        let keys: Vec<&[u8]> = keys.iter().map(String::as_bytes).collect();
        Function::Settle.call(self, &keys, &args).await
    }
}

/// Where something follows: which job, counted from 1, when, what follows, and why the job is given up. Behind the length of
/// a job that is given up stands the timer that follows.
fn followed<'a>(nth: usize, settlement: &'a Settlement<'_>) -> Option<(String, String, Cow<'a, [u8]>, &'a str)> {
    let (due, job, reason) = match &settlement.then {
        Then::Done => return None,
        Then::Retry { after, job } => (after.as_millis().to_string(), job.into(), ""),
        Then::Look { after, timer } => (after.as_millis().to_string(), timer.encode().into(), ""),
        Then::Bury { reason, timer: None } => (String::new(), Cow::from(&settlement.entry.bytes), reason.as_str()),
        Then::Bury { reason, timer: Some(timer) } => {
            let job = &settlement.entry.bytes;
            let length = u16::try_from(job.len()).unwrap_or(0).to_be_bytes();
            let job = &job[..usize::from(u16::from_be_bytes(length))];
            ("0".to_owned(), [&length[..], job, &timer.encode()].concat().into(), reason.as_str())
        }
    };
    Some(((nth + 1).to_string(), due, job, reason))
}

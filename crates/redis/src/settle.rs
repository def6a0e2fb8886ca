//! Settles jobs: the worker's results for a batch of one partition, each applied by the first worker only.

use std::time::Duration;

use pinfold_core::event::Event;

use crate::function::{Function, Numbers};
use crate::queue::GROUP;
use crate::{Error, Hot, JobEntry, Partition};

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
    /// The dead-letter stream.
    Bury {
        /// Why, as a stable word.
        reason: String,
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
        let dues: Vec<String> = settlements
            .iter()
            .map(|it| if let Then::Retry { after, .. } = &it.then { after.as_millis().to_string() } else { String::new() })
            .collect();
        let mut args: Vec<&[u8]> = vec![numbers.bytes(), GROUP.as_bytes()];
        for ((settlement, event), due) in settlements.iter().zip(&events).zip(&dues) {
            let (job, reason): (&[u8], &str) = match &settlement.then {
                Then::Done => (&[], ""),
                Then::Retry { job, .. } => (job, ""),
                Then::Bury { reason } => (&settlement.entry.bytes, reason),
            };
            args.extend([settlement.entry.id.as_bytes(), event, due.as_bytes(), job, reason.as_bytes()]);
        }
        let keys = [partition.jobs(), partition.events(), partition.due(), partition.dead()];
        let keys: Vec<&[u8]> = keys.iter().map(String::as_bytes).collect();
        Function::Settle.call(self, &keys, &args).await
    }
}

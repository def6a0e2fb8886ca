//! Events of guesses. The function that judges a guess leaves none: appending to a stream would be a quarter of what it
//! costs Redis. The process appends them right behind the answer, those of the same moment together.
//!
//! What a process takes with it when it is killed is made up for when the PIN dies: its record still says that it was
//! verified, and whoever looks for dead PINs asks it. A wrong guess that is lost is missing in reports, but never in what
//! is left of the attempts.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pinfold_core::event::Event;
use tokio::time::{Instant, sleep};

use crate::{Hot, Partition};

/// Something to count by one, in fields of a hash that lives about two days.
pub(crate) struct Count {
    /// The hash.
    pub(crate) key: String,
    /// The fields.
    pub(crate) fields: Vec<Vec<u8>>,
}

/// How long such a hash lives, in milliseconds: as long as the guard's own.
const COUNTS_LIVE_MS: u64 = 176_400_000;

/// Bytes that one entry of the stream takes at most.
const FULL: usize = 64 * 1_024;
/// How often somebody who waits for them looks.
const STEP: Duration = Duration::from_millis(1);

/// What the handles of a process have yet to append.
#[derive(Default)]
pub(crate) struct LateEvents(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    /// Events, each behind its length in two bytes.
    batches: BTreeMap<Partition, Vec<u8>>,
    /// What to add, by key and field.
    counts: BTreeMap<Partition, BTreeMap<String, BTreeMap<Vec<u8>, u32>>>,
    is_appending: bool,
}

impl LateEvents {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hot {
    /// Appends an event soon: at once when nothing is on its way, else together with those that come meanwhile.
    pub(crate) fn tell_later(&self, partition: Partition, event: &[u8]) {
        let mut waiting = self.late.lock();
        let batch = waiting.batches.entry(partition).or_default();
        batch.extend(u16::try_from(event.len()).unwrap_or(0).to_be_bytes());
        batch.extend(event);
        self.begin(&mut waiting);
    }

    /// Counts something soon, like [`Self::tell_later`].
    pub(crate) fn count_later(&self, partition: Partition, count: Count) {
        let mut waiting = self.late.lock();
        let fields = waiting.counts.entry(partition).or_default().entry(count.key).or_default();
        for field in count.fields {
            *fields.entry(field).or_default() += 1;
        }
        self.begin(&mut waiting);
    }

    #[expect(clippy::disallowed_methods, reason = "a process that stops appends what is left, see `tell_events`")]
    fn begin(&self, waiting: &mut Waiting) {
        if !waiting.is_appending {
            waiting.is_appending = true;
            tokio::spawn(append(self.clone()));
        }
    }

    /// Appends what the fraud guard decided, soon.
    pub fn tell_event(&self, event: &Event) {
        self.tell_later(self.partition(event.tenant), &event.encode());
    }

    /// Appends what waits: for a process that stops.
    pub async fn tell_events(&self) {
        append(self.clone()).await;
    }

    /// Waits until this process has appended the events of all guesses that were answered so far, at most `patience`.
    pub async fn told_events(&self, patience: Duration) {
        let start = Instant::now();
        while self.late.lock().is_appending && start.elapsed() < patience {
            sleep(STEP).await;
        }
    }
}

/// Whoever appends may be dropped with its runtime; others go on then.
struct Appending(Hot);

impl Drop for Appending {
    fn drop(&mut self) {
        self.0.late.lock().is_appending = false;
    }
}

async fn append(hot: Hot) {
    let Appending(hot) = &Appending(hot);
    loop {
        let (batches, counts) = {
            let mut waiting = hot.late.lock();
            waiting.is_appending = !waiting.batches.is_empty() || !waiting.counts.is_empty();
            (std::mem::take(&mut waiting.batches), std::mem::take(&mut waiting.counts))
        };
        if batches.is_empty() && counts.is_empty() {
            return;
        }
        for keys in counts.into_values() {
            let mut pipeline = redis::pipe();
            for (key, fields) in keys {
                for (field, more) in fields {
                    pipeline.cmd("HINCRBY").arg(&key).arg(field).arg(more).ignore();
                }
                pipeline.cmd("PEXPIRE").arg(&key).arg(COUNTS_LIVE_MS).ignore();
            }
            if let Err(error) = pipeline.query_async::<()>(&mut hot.link()).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "verified PINs may not be counted by the fraud guard");
            }
        }
        for (partition, batch) in batches {
            for part in parts(&batch) {
                let mut command = redis::cmd("XADD");
                command.arg(partition.events()).arg("*").arg("b").arg(part);
                // Not again: whether it was appended is not known, and a guess that is told twice would count twice.
                if let Err(error) = command.query_async::<()>(&mut hot.link()).await {
                    let bytes = part.len();
                    tracing::warn!(error = &error as &dyn std::error::Error, bytes, "events of guesses may be lost");
                }
            }
        }
    }
}

/// Cuts a batch between events into parts of about [`FULL`] bytes.
fn parts(mut batch: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::with_capacity(1);
    while !batch.is_empty() {
        let mut end = 0;
        while end < batch.len().min(FULL) {
            let length = batch[end..].first_chunk().map_or(0, |length| usize::from(u16::from_be_bytes(*length)));
            end = (end + 2 + length).min(batch.len());
        }
        let (part, rest) = batch.split_at(end);
        parts.push(part);
        batch = rest;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_cut_between_events_only() {
        let event = [&94_u16.to_be_bytes()[..], &[7; 94]].concat();
        let batch = event.repeat(2_000);
        let found = parts(&batch);
        assert_eq!(found.concat(), batch);
        assert_eq!(found.len(), 3);
        assert!(found.iter().all(|part| part.len() % 96 == 0 && part.len() < FULL + 96));
        assert!(parts(&[]).is_empty());
    }
}

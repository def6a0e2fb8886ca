//! Carries events from Redis to PostgreSQL in batches. An event leaves Redis when it is recorded and not before; one that
//! comes twice is recorded once. While PostgreSQL is away, what is in hand waits here and the rest in Redis.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use pinfold_core::event::Event;
use pinfold_postgres::{Database, EventId};
use pinfold_redis::{Error, EventEntry, EventReader, Partition};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::Settings;
use crate::alerts::Watch;
use crate::metrics::Metrics;
use crate::outage::Outage;
use crate::precedence::Deference;

/// How long a read waits for the first event.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often events of silent recorders are looked for.
const LOOK_AROUND: Duration = Duration::from_secs(5);
/// The first wait after a failure, doubled up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// A recorder of some partitions.
pub(crate) struct Recorder {
    pub(crate) reader: EventReader,
    pub(crate) partitions: Vec<Partition>,
    pub(crate) database: Database,
    pub(crate) settings: Settings,
    pub(crate) metrics: Metrics,
    pub(crate) redis: Outage,
    pub(crate) postgres: Outage,
    /// Told when something new was recorded, which webhooks may have been queued for.
    pub(crate) recorded: Arc<Notify>,
    /// Raises alerts from what is recorded.
    pub(crate) watch: Arc<Watch>,
    /// Lets messages go first.
    pub(crate) deference: Deference,
    /// How many events an entry had lately: reads are in entries, and what is in hand is to be a batch.
    pub(crate) events_per_entry: usize,
}

impl Recorder {
    /// Records until `stop`, and then what is there at once.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut look_around = Instant::now();
        // How many partitions gave events last time: each read takes its share of the batch from every one.
        let mut active = 1;
        loop {
            let is_last = stop.is_cancelled();
            let result = if Instant::now() >= look_around {
                look_around = Instant::now() + LOOK_AROUND;
                self.take_over().await
            } else {
                self.gather(active, if is_last { Duration::ZERO } else { PATIENCE }).await
            };
            match result {
                Ok(entries) => {
                    self.redis.end();
                    if count(&entries) < self.settings.record_batch {
                        self.deference.caught_up();
                    }
                    active =
                        self.partitions.iter().filter(|it| entries.iter().any(|entry| entry.partition == **it)).count().max(1);
                    if is_last && entries.is_empty() {
                        return;
                    }
                    self.record(entries, &stop).await;
                }
                Err(error) => {
                    self.redis.begin(&error);
                    if is_last {
                        return;
                    }
                    stop.run_until_cancelled(sleep(FIRST_WAIT)).await;
                }
            }
        }
    }

    /// Reads a batch: until it is full or its first event has waited long enough.
    async fn gather(&mut self, active: usize, patience: Duration) -> Result<Vec<EventEntry>, Error> {
        let full = self.settings.record_batch;
        let mut entries = self.take(full, active, patience).await?;
        let until = Instant::now() + Duration::from_millis(self.settings.record_wait_ms);
        while (1..full).contains(&count(&entries)) && !patience.is_zero() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            match self.take(full - count(&entries), active, left).await {
                Ok(more) => entries.extend(more),
                // What was read already must not be lost.
                Err(error) => {
                    self.redis.begin(&error);
                    break;
                }
            }
        }
        Ok(entries)
    }

    /// Reads some `most` events, as far as one can tell.
    async fn take(&mut self, most: usize, active: usize, wait: Duration) -> Result<Vec<EventEntry>, Error> {
        let share = most.div_ceil(active * self.events_per_entry);
        let entries = self.reader.take(&self.partitions, share, wait).await?;
        if !entries.is_empty() {
            self.events_per_entry = count(&entries).div_ceil(entries.len()).max(1);
        }
        Ok(entries)
    }

    async fn take_over(&self) -> Result<Vec<EventEntry>, Error> {
        let lease = Duration::from_secs(self.settings.record_lease_seconds);
        for partition in &self.partitions {
            let found = self.reader.take_over(*partition, lease, self.settings.record_batch).await?;
            if !found.is_empty() {
                return Ok(found);
            }
        }
        Ok(Vec::new())
    }

    async fn record(&mut self, entries: Vec<EventEntry>, stop: &CancellationToken) {
        let batch = count(&entries).min(self.settings.record_batch);
        let mut entries = entries.into_iter().peekable();
        while entries.peek().is_some() {
            self.deference.stand_back(stop).await;
            let (mut done, mut events) = (Vec::new(), Vec::with_capacity(batch));
            // The events of an entry stay together, so that it can be removed with them.
            while events.len() < self.settings.record_batch
                && let Some(mut entry) = entries.next()
            {
                for (index, name) in entry.names().enumerate() {
                    match entry.events[index].take() {
                        Some(event) => events.push((name, event)),
                        None => {
                            tracing::error!(event = name, "an event cannot be read and is dropped");
                            self.metrics.dropped_event("malformed");
                        }
                    }
                }
                done.push(entry);
            }
            let mut kept = Vec::new();
            self.write(events, stop, &mut kept).await;
            if !kept.is_empty() {
                done.retain(|entry| !entry.names().any(|name| kept.contains(&name)));
            }
            self.forget(&done, stop).await;
        }
    }

    /// Writes events; those that could not be written now are named in `kept` and come again after the lease.
    fn write<'a>(
        &'a self,
        events: Vec<(EventId, Event)>,
        stop: &'a CancellationToken,
        kept: &'a mut Vec<EventId>,
    ) -> BoxFuture<'a, ()> {
        async move {
            if events.is_empty() {
                return;
            }
            let mut wait = FIRST_WAIT;
            let error = loop {
                match self.database.record(&events).await {
                    Ok(recorded) => {
                        self.postgres.end();
                        if recorded.new > 0 {
                            self.recorded.notify_one();
                        }
                        self.metrics.recorded(recorded);
                        for alike in events.chunk_by(|(_, a), (_, b)| (a.kind, a.channel) == (b.kind, b.channel)) {
                            self.metrics.happened(alike[0].1.kind, alike[0].1.channel, alike.len());
                        }
                        self.watch.look(&events).await;
                        return;
                    }
                    Err(error) if error.is_unavailable() => {
                        self.postgres.begin(&error);
                        if stop.run_until_cancelled(sleep(wait)).await.is_none() {
                            kept.extend(events.into_iter().map(|(id, _)| id));
                            return;
                        }
                        wait = (wait * 2).min(LONGEST_WAIT);
                    }
                    Err(error) => break error,
                }
            };
            if events.len() > 1 {
                // One event must not hold up the others: the batch is halved until it stands alone.
                let mut first = events;
                let second = first.split_off(first.len() / 2);
                self.write(first, stop, kept).await;
                self.write(second, stop, kept).await;
                return;
            }
            let is_refused = error.is_refused();
            for (id, event) in events {
                tracing::error!(
                    error = &error as &(dyn std::error::Error + 'static),
                    event = id,
                    tenant.id = %event.tenant,
                    pin.id = %event.pin,
                    is_refused,
                    "an event cannot be recorded"
                );
                if is_refused {
                    self.metrics.dropped_event("refused");
                } else {
                    // The fault may be everybody's, such as a missing grant: nothing is dropped, and nobody is hurried.
                    kept.push(id);
                    stop.run_until_cancelled(sleep(Duration::from_secs(1))).await;
                }
            }
        }
        .boxed()
    }

    /// Removes recorded events from Redis. What cannot be removed is recorded again later, which changes nothing.
    async fn forget(&self, done: &[EventEntry], stop: &CancellationToken) {
        for partition in &self.partitions {
            let ids: Vec<&str> =
                done.iter().filter(|entry| entry.partition == *partition).map(|entry| entry.id.as_str()).collect();
            while let Err(error) = self.reader.done(*partition, &ids).await {
                self.redis.begin(&error);
                if stop.run_until_cancelled(sleep(FIRST_WAIT)).await.is_none() {
                    return;
                }
            }
        }
    }
}

fn count(entries: &[EventEntry]) -> usize {
    entries.iter().map(|entry| entry.events.len()).sum()
}

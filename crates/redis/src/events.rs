//! The recorder's side of the event streams.

use std::time::Duration;

use pinfold_core::event::Event;
use pinfold_core::id::TenantId;
use redis::Value;
use redis::streams::StreamRangeReply;

use crate::stream::{self, StreamEntry};
use crate::{Error, Hot, Partition};

/// The consumer group of the recorders.
pub(crate) const GROUP: &str = "record";
/// How often a waiting report looks.
const STEP: Duration = Duration::from_millis(20);

/// An entry in hand: one event, or those that one batch of results left.
#[derive(Debug, Clone)]
pub struct EventEntry {
    /// Where it came from.
    pub partition: Partition,
    /// Its id in the stream.
    pub id: String,
    /// What happened; `None` stands for an event that is malformed.
    pub events: Vec<Option<Event>>,
}

impl EventEntry {
    /// The names of its events in the system of record: the same whoever reads them.
    pub fn names(&self) -> impl Iterator<Item = String> + use<> {
        let (stem, count) = (format!("{:02}-{}", self.partition.number(), self.id), self.events.len());
        (0..count).map(move |index| {
            if count == 1 {
                return stem.clone();
            }
            let mut name = String::with_capacity(stem.len() + 4);
            name.push_str(&stem);
            name.push('-');
            name.push_str(&index.to_string());
            name
        })
    }
}

/// A reader of events, under one consumer name.
#[derive(Clone)]
pub struct EventReader {
    hot: Hot,
    reader: Hot,
    consumer: String,
}

impl EventReader {
    /// A reader named `consumer`, with a connection of its own for waiting.
    ///
    /// # Errors
    /// [`Error::Settings`].
    pub fn new(hot: &Hot, consumer: String) -> Result<Self, Error> {
        Ok(Self { reader: hot.blocking()?, hot: hot.clone(), consumer })
    }

    /// The groups of partitions that can be read together.
    #[must_use]
    pub fn reads(&self) -> Vec<Vec<Partition>> {
        let all: Vec<Partition> = self.hot.partitions().collect();
        if self.hot.spans_partitions() { vec![all] } else { all.into_iter().map(|partition| vec![partition]).collect() }
    }

    /// Takes up to `most` new events of each partition, waiting up to `wait` for the first.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn take(&self, partitions: &[Partition], most: usize, wait: Duration) -> Result<Vec<EventEntry>, Error> {
        let mut command = redis::cmd("XREADGROUP");
        command.arg("GROUP").arg(GROUP).arg(&self.consumer).arg("COUNT").arg(most);
        command.arg("BLOCK").arg(wait.as_millis().max(1) as u64).arg("STREAMS");
        for partition in partitions {
            command.arg(partition.events());
        }
        for _ in partitions {
            command.arg(">");
        }
        let reply = match self.reader.wait_for(&command, wait).await {
            Ok(reply) => reply,
            Err(error) if error.code() == Some("NOGROUP") => {
                self.create_groups(partitions).await?;
                return Ok(Vec::new());
            }
            Err(error) => return Err(error.into()),
        };
        let found = stream::by_partition(reply, partitions, Partition::events)?;
        Ok(found.into_iter().map(|(partition, it)| entry(partition, it)).collect())
    }

    async fn create_groups(&self, partitions: &[Partition]) -> Result<(), Error> {
        for partition in partitions {
            let mut command = redis::cmd("XGROUP");
            command.arg("CREATE").arg(partition.events()).arg(GROUP).arg("0").arg("MKSTREAM");
            match command.query_async::<()>(&mut self.hot.link()).await {
                Err(error) if error.code() != Some("BUSYGROUP") => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }

    /// Takes over events whose reader has not been heard of for `lease`.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn take_over(&self, partition: Partition, lease: Duration, most: usize) -> Result<Vec<EventEntry>, Error> {
        let mut claim = redis::cmd("XAUTOCLAIM");
        claim
            .arg(partition.events())
            .arg(GROUP)
            .arg(&self.consumer)
            .arg(lease.as_millis() as u64)
            .arg("0")
            .arg("COUNT")
            .arg(most);
        // The answer is where to go on, what was claimed, and which entries were gone.
        match claim.query_async::<(Value, Value, Value)>(&mut self.hot.link()).await {
            Ok((_, claimed, _)) => Ok(stream::entries(claimed)?.into_iter().map(|it| entry(partition, it)).collect()),
            Err(error) if error.code() == Some("NOGROUP") => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes events that are recorded.
    ///
    /// # Errors
    /// When Redis cannot be asked; the events are recorded again, which changes nothing.
    pub async fn done(&self, partition: Partition, ids: &[&str]) -> Result<(), Error> {
        if ids.is_empty() {
            return Ok(());
        }
        let mut pipeline = redis::pipe();
        pipeline.cmd("XACK").arg(partition.events()).arg(GROUP).arg(ids).ignore();
        pipeline.cmd("XDEL").arg(partition.events()).arg(ids).ignore();
        Ok(pipeline.query_async(&mut self.hot.link()).await?)
    }

    /// Leaves the group: other recorders take over what is still in hand after the lease.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn leave(&self) -> Result<(), Error> {
        for partition in self.hot.partitions() {
            stream::leave(&self.hot, &partition.events(), GROUP, &self.consumer).await?;
        }
        Ok(())
    }
}

impl Hot {
    /// Waits until everything that has happened to a tenant's PINs so far is recorded, at most `patience`: reports read
    /// what was just written. `false` when the worker or the recorder is behind for longer.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn settled_events(&self, tenant: TenantId, patience: Duration) -> Result<bool, Error> {
        self.told_events(patience).await;
        let mut steps = patience.as_millis() / STEP.as_millis();
        let partition = self.partition(tenant);
        // What the tenant has parked now is in the stream, once the last of it is: the order stays.
        for flow in [0, 1] {
            let list = partition.parked_of(&[&[flow], tenant.as_bytes().as_slice()].concat());
            let last: Option<Vec<u8>> = redis::cmd("LINDEX").arg(&list).arg(-1).query_async(&mut self.link()).await?;
            let Some(last) = last else { continue };
            let mut place = redis::cmd("LPOS");
            place.arg(&list).arg(&last).arg("RANK").arg(-1);
            while place.query_async::<Option<u64>>(&mut self.link()).await?.is_some() {
                if steps == 0 {
                    return Ok(false);
                }
                steps -= 1;
                tokio::time::sleep(STEP).await;
            }
        }
        // Settled jobs leave events behind, so the order matters.
        for stream in [partition.jobs(), partition.events()] {
            let Some(last) = self.stream_end(&stream, "XREVRANGE").await? else { continue };
            // Entries are deleted when they are done: all up to `last` are, once the first one is younger.
            while self.stream_end(&stream, "XRANGE").await?.is_some_and(|first| first <= last) {
                if steps == 0 {
                    return Ok(false);
                }
                steps -= 1;
                tokio::time::sleep(STEP).await;
            }
        }
        Ok(true)
    }

    async fn stream_end(&self, stream: &str, command: &str) -> Result<Option<(u64, u64)>, Error> {
        let (from, to) = if command == "XRANGE" { ("-", "+") } else { ("+", "-") };
        let mut range = redis::cmd(command);
        range.arg(stream).arg(from).arg(to).arg("COUNT").arg(1);
        let reply: StreamRangeReply = range.query_async(&mut self.link()).await?;
        Ok(reply.ids.first().map(|entry| position(&entry.id)))
    }
}

fn entry(partition: Partition, found: StreamEntry) -> EventEntry {
    let StreamEntry { id, field, bytes, .. } = found;
    // The id of an entry is the time at which it was written.
    let (at_ms, _) = position(&id);
    let events = match field.as_slice() {
        b"e" => vec![Event::decode(&bytes, at_ms)],
        b"b" => Batch(&bytes).map(|event| Event::decode(event, at_ms)).collect(),
        _ => vec![None],
    };
    EventEntry { partition, id, events }
}

/// The events that a batch of results left: each behind its length in two bytes. One that is cut off is empty.
struct Batch<'a>(&'a [u8]);

impl<'a> Iterator for Batch<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let cut =
            self.0.split_first_chunk().and_then(|(length, rest)| rest.split_at_checked(usize::from(u16::from_be_bytes(*length))));
        let (event, rest) = cut.unwrap_or_default();
        self.0 = rest;
        Some(event)
    }
}

fn position(id: &str) -> (u64, u64) {
    let (ms, sequence) = id.split_once('-').unwrap_or((id, "0"));
    (ms.parse().unwrap_or(0), sequence.parse().unwrap_or(0))
}

//! The worker's side of the queue: takes jobs through a consumer group, keeps its lease alive, takes over what a dead
//! worker left.

use std::time::Duration;

use pinfold_core::id::{PinId, TenantId};
use redis::streams::StreamPendingCountReply;
use redis::{ErrorKind, ServerErrorKind, Value};

use crate::record::time;
use crate::stream::{self, StreamEntry};
use crate::{Error, Hot, Job, Partition, Timer};

/// The consumer group of the workers.
pub(crate) const GROUP: &str = "dispatch";

/// The length of the time before a job that was parked.
const PARKED_SINCE: usize = 6;

/// A job in hand.
#[derive(Debug, Clone)]
pub struct JobEntry {
    /// Where it came from.
    pub partition: Partition,
    /// Its id in the stream.
    pub id: String,
    /// The bytes as they were.
    pub bytes: Vec<u8>,
    /// What they say; `None` for a foreign version or a malformed entry.
    pub job: Option<Job>,
    /// The timer, when it is none of a message.
    pub timer: Option<Timer>,
    /// How often it was handed out, this time included.
    pub handed_out: u64,
    /// When it was queued, in milliseconds of Redis' clock.
    pub queued_ms: u64,
}

impl JobEntry {
    /// Which PIN it is about.
    #[must_use]
    pub fn pin(&self) -> Option<(TenantId, PinId)> {
        match (&self.job, &self.timer) {
            (Some(job), _) => Some((job.tenant, job.pin)),
            (None, Some(timer)) => Some((timer.tenant, timer.pin)),
            (None, None) => None,
        }
    }
}

/// A reader of the queue, under one consumer name.
#[derive(Clone)]
pub struct Queue {
    hot: Hot,
    reader: Hot,
    consumer: String,
}

impl Queue {
    /// A reader named `consumer`, with a connection of its own for waiting.
    ///
    /// # Errors
    /// [`Error::Settings`].
    pub fn new(hot: &Hot, consumer: String) -> Result<Self, Error> {
        Ok(Self { reader: hot.blocking()?, hot: hot.clone(), consumer })
    }

    /// The groups of partitions that can be read together: all at once from one server, each alone in a cluster.
    #[must_use]
    pub fn reads(&self) -> Vec<Vec<Partition>> {
        let all: Vec<Partition> = self.hot.partitions().collect();
        if self.hot.spans_partitions() { vec![all] } else { all.into_iter().map(|partition| vec![partition]).collect() }
    }

    /// Takes up to `most` new jobs, waiting up to `wait` for the first.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn take(&self, partitions: &[Partition], most: usize, wait: Duration) -> Result<Vec<JobEntry>, Error> {
        let mut command = redis::cmd("XREADGROUP");
        command.arg("GROUP").arg(GROUP).arg(&self.consumer).arg("COUNT").arg(most);
        if !wait.is_zero() {
            command.arg("BLOCK").arg(wait.as_millis() as u64);
        }
        command.arg("STREAMS");
        for partition in partitions {
            command.arg(partition.jobs());
        }
        for _ in partitions {
            command.arg(">");
        }
        let reply = match self.reader.wait_for(&command, wait).await {
            Ok(reply) => reply,
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoSub) || error.code() == Some("NOGROUP") => {
                self.create_groups(partitions).await?;
                return Ok(Vec::new());
            }
            Err(error) => return Err(error.into()),
        };
        let found = stream::by_partition(reply, partitions, Partition::jobs)?;
        Ok(found.into_iter().map(|(partition, it)| entry(partition, it, 1)).collect())
    }

    async fn create_groups(&self, partitions: &[Partition]) -> Result<(), Error> {
        for partition in partitions {
            let mut command = redis::cmd("XGROUP");
            command.arg("CREATE").arg(partition.jobs()).arg(GROUP).arg("0").arg("MKSTREAM");
            match command.query_async::<()>(&mut self.hot.link()).await {
                Err(error) if error.code() != Some("BUSYGROUP") => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }

    /// Takes over jobs whose worker has not been heard of for `lease`.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn take_over(&self, partition: Partition, lease: Duration, most: usize) -> Result<Vec<JobEntry>, Error> {
        let lease_ms = lease.as_millis() as u64;
        let mut pending = redis::cmd("XPENDING");
        pending.arg(partition.jobs()).arg(GROUP).arg("IDLE").arg(lease_ms).arg("-").arg("+").arg(most);
        let pending: StreamPendingCountReply = match pending.query_async(&mut self.hot.link()).await {
            Ok(pending) => pending,
            Err(error) if error.code() == Some("NOGROUP") => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        if pending.ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut claim = redis::cmd("XCLAIM");
        claim.arg(partition.jobs()).arg(GROUP).arg(&self.consumer).arg(lease_ms);
        for waiting in &pending.ids {
            claim.arg(&waiting.id);
        }
        let claimed: Value = claim.query_async(&mut self.hot.link()).await?;
        let times = |id: &str| {
            pending.ids.iter().find(|waiting| waiting.id == id).map_or(1, |waiting| waiting.times_delivered as u64 + 1)
        };
        let claimed = stream::entries(claimed)?.into_iter();
        Ok(claimed
            .map(|it| {
                let times = times(&it.id);
                entry(partition, it, times)
            })
            .collect())
    }

    /// Says that the worker is alive and still holds these jobs of one partition.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn keep(&self, partition: Partition, ids: &[String]) -> Result<(), Error> {
        if ids.is_empty() {
            return Ok(());
        }
        let mut claim = redis::cmd("XCLAIM");
        claim.arg(partition.jobs()).arg(GROUP).arg(&self.consumer).arg(0).arg(ids).arg("JUSTID");
        Ok(claim.query_async::<()>(&mut self.hot.link()).await?)
    }

    /// Leaves the group: other workers take over what is still in hand after the lease.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn leave(&self) -> Result<(), Error> {
        for partition in self.hot.partitions() {
            stream::leave(&self.hot, &partition.jobs(), GROUP, &self.consumer).await?;
        }
        Ok(())
    }
}

/// Since when an entry of the queue waits, in milliseconds of Redis' clock.
pub(crate) fn queued_ms(entry: &StreamEntry) -> u64 {
    let since = if entry.field == b"p" { time(&entry.bytes) } else { None };
    since.unwrap_or_else(|| stream::written_ms(&entry.id))
}

fn entry(partition: Partition, found: StreamEntry, handed_out: u64) -> JobEntry {
    let queued_ms = queued_ms(&found);
    let StreamEntry { id, field, mut bytes } = found;
    match field.as_slice() {
        b"j" => {}
        // A job that was parked, behind the time since when.
        b"p" => drop(bytes.drain(..PARKED_SINCE.min(bytes.len()))),
        _ => bytes.clear(),
    }
    let job = Job::decode(&bytes);
    let timer = if job.is_none() { Timer::decode(&bytes) } else { None };
    JobEntry { partition, id, job, timer, bytes, handed_out, queued_ms }
}

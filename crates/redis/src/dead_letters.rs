//! Messages that were given up: shown, replayed, purged.

use redis::streams::StreamRangeReply;

use crate::{Error, Hot, Job, Partition};

/// A message that was given up.
#[derive(Debug, Clone)]
pub struct DeadLetter {
    /// Where it lies.
    pub partition: Partition,
    /// Its id, unique within the partition; starts with the time it was given up, in milliseconds.
    pub id: String,
    /// The message, unless the entry was malformed.
    pub job: Option<Job>,
    /// Why, as a stable word.
    pub reason: String,
}

impl Hot {
    /// The newest dead letters of a partition.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn dead_letters(&self, partition: Partition, most: usize) -> Result<Vec<DeadLetter>, Error> {
        let mut range = redis::cmd("XREVRANGE");
        range.arg(partition.dead()).arg("+").arg("-").arg("COUNT").arg(most);
        let reply: StreamRangeReply = range.query_async(&mut self.link()).await?;
        let letter = |entry: redis::streams::StreamId| DeadLetter {
            partition,
            job: entry.get::<Vec<u8>>("j").and_then(|bytes| Job::decode(&bytes)),
            reason: entry.get("r").unwrap_or_default(),
            id: entry.id,
        };
        Ok(reply.ids.into_iter().map(letter).collect())
    }

    /// Queues a dead letter again, as a first attempt, with the retries that are due: thousands of them must not hold up
    /// the other tenants. `false` when it is gone or malformed. The worker still refuses to send a PIN that is over.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn replay_dead_letter(&self, letter: &DeadLetter) -> Result<bool, Error> {
        let Some(job) = &letter.job else { return Ok(false) };
        let again = Job { attempt: 0, ..job.clone() };
        let mut pipeline = redis::pipe();
        pipeline.atomic();
        pipeline.cmd("XDEL").arg(letter.partition.dead()).arg(&letter.id);
        pipeline.cmd("ZADD").arg(letter.partition.due()).arg(0).arg(again.encode()).ignore();
        let (deleted,): (i64,) = pipeline.query_async(&mut self.link()).await?;
        Ok(deleted == 1)
    }

    /// Removes all dead letters of a partition; gives how many there were.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn purge_dead_letters(&self, partition: Partition) -> Result<usize, Error> {
        Ok(redis::cmd("XTRIM").arg(partition.dead()).arg("MAXLEN").arg(0).query_async(&mut self.link()).await?)
    }
}

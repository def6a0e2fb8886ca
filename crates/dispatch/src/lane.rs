//! The loop of the worker: reads ahead, starts messages as slots become free, settles results in batches. One task, so
//! that nothing here is locked; whatever waits is a step that comes back when it has something to say.
//!
//! A partition never takes the last slots, so that a tenant with a slow provider does not stop the others.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use pinfold_core::entropy;
use pinfold_redis::{Error, JobEntry, Partition, Queue, Record, Settlement, Then};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::deliver::{Delivered, deliver};
use crate::desk::{Desk, Finished, Started};
use crate::poison;
use crate::worker::Worker;

/// How long a read waits for the first job.
const PATIENCE: Duration = Duration::from_millis(500);
/// The same while some partitions have enough in hand: soon they will not.
const BRIEF: Duration = Duration::from_millis(10);
/// The same when those are slow.
const SLOW: Duration = Duration::from_millis(100);
/// How long a result waits for others to be settled with.
const LINGER: Duration = Duration::from_millis(4);
/// How often jobs of silent workers are looked for.
const LOOK_AROUND: Duration = Duration::from_secs(1);
/// Most jobs taken over at once from one partition.
const TAKEN_OVER: usize = 256;
/// How long to wait before Redis is asked again.
const AGAIN: Duration = Duration::from_millis(100);
/// How often a stopping worker asks again.
const LAST_TRIES: u32 = 30;

/// A part of the partitions: all of them at a single Redis, one in a cluster.
pub(crate) struct Lane {
    worker: Arc<Worker>,
    queue: Queue,
    desks: Vec<Desk>,
    /// The desk that comes first when slots are given out.
    turn: usize,
    steps: FuturesUnordered<BoxFuture<'static, Step>>,
    soft: CancellationToken,
    is_reading: bool,
    waits_for_slot: bool,
    will_flush: bool,
    is_stopping: bool,
    /// How many jobs end between two reads: the measure for reading ahead.
    pace: usize,
    ended: usize,
}

/// What came back.
enum Step {
    Taken(Vec<JobEntry>),
    TakenOver(Vec<JobEntry>, Duration),
    Looked(usize, Vec<Started>, Vec<Option<Result<Record, Error>>>),
    Delivered(usize, Option<Finished>),
    Settled(usize, Vec<(Partition, Instant)>),
    Slot(Option<OwnedSemaphorePermit>),
    Linger,
}

impl Lane {
    pub(crate) fn new(worker: Arc<Worker>, queue: Queue, partitions: Vec<Partition>, soft: CancellationToken) -> Self {
        Self {
            worker,
            queue,
            desks: partitions.into_iter().map(Desk::new).collect(),
            turn: 0,
            steps: FuturesUnordered::new(),
            soft,
            is_reading: false,
            waits_for_slot: false,
            will_flush: false,
            is_stopping: false,
            pace: 0,
            ended: 0,
        }
    }

    /// Works until the soft stop; then hands back what was not started, finishes what was, and returns.
    pub(crate) async fn run(mut self) {
        self.look_around(LOOK_AROUND.mul_f64(entropy::fraction()));
        let soft = self.soft.clone();
        loop {
            self.advance();
            let step = tokio::select! {
                step = self.steps.next() => step,
                () = soft.cancelled(), if !self.is_stopping => {
                    self.is_stopping = true;
                    continue;
                }
            };
            let Some(step) = step else { return };
            self.take(step);
            // What else is ready comes along, so that batches form.
            while let Some(Some(step)) = self.steps.next().now_or_never() {
                self.take(step);
            }
        }
    }
}

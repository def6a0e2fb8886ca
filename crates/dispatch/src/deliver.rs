//! One job, from its record to what follows: judge whether the PIN may still be sent, render it, hand it to the
//! connector, decide. Nothing is written here; what is given back is settled in a batch.

mod ended;
mod hand_over;
mod money;

use std::sync::Arc;
use std::time::Duration;

use pinfold_channels::Outcome;
use pinfold_core::entropy;
use pinfold_core::event::{Event, Kind};
use pinfold_postgres::Snapshot;
use pinfold_redis::{Job, Record, Then};

pub(crate) use self::ended::crashed;
use self::ended::{detail, followed};
use self::hand_over::{Attempt, Lack, Ready};
use crate::clock::Moment;
use crate::lease::Lease;
use crate::metrics::NO_CONNECTOR;
use crate::over::{accepted_ms, over};
use crate::poison;
use crate::worker::Worker;

/// How long a job waits at least for a configuration that cannot be read.
const WAIT: Duration = Duration::from_secs(1);

/// What became of a job.
pub(crate) struct Delivered {
    /// For the record.
    pub(crate) event: Option<Event>,
    /// What follows; nothing leaves the job to whoever takes it over.
    pub(crate) then: Option<Then>,
}

/// Why no attempt was made.
enum Stop {
    /// The lease ran out: others may have the job by now.
    LeaseLost,
    /// The PIN must not be sent.
    Skip(&'static str),
    /// The configuration cannot be read now.
    Wait,
    /// No connection takes it now.
    NoWayYet(Duration),
    /// This worker cannot read what the message is made of.
    Unreadable(&'static str),
}

struct Delivery<'a> {
    worker: &'a Worker,
    lease: &'a Lease,
    job: &'a Job,
    record: &'a mut Record,
    /// When the clock was looked at last.
    now: Moment,
}

/// Delivers one job. A record that is read again takes the place of `record`.
pub(crate) async fn deliver(worker: &Worker, lease: &Lease, job: &Job, record: &mut Record) -> Delivered {
    Delivery { worker, lease, job, record, now: worker.clock.now() }.run().await
}

impl Delivery<'_> {
    async fn run(&mut self) -> Delivered {
        match self.attempt().await {
            Ok(attempt) => self.ended(attempt),
            Err(Stop::LeaseLost) => {
                self.count("lease_lost");
                Delivered { event: None, then: None }
            }
            Err(Stop::Skip(reason)) => {
                self.count("skipped");
                self.worker.metrics.dropped_job(reason);
                Delivered { event: Some(self.event(Kind::Skipped, detail(self.job, reason))), then: Some(Then::Done) }
            }
            Err(Stop::Wait) => {
                self.count("waiting");
                self.wait(WAIT.mul_f64(1.0 + entropy::fraction()))
            }
            Err(Stop::NoWayYet(after)) => {
                self.count("held");
                self.wait(after)
            }
            Err(Stop::Unreadable(reason)) => {
                self.count("unreadable");
                let then = poison::unreadable(&self.lease.entry, reason, self.worker.settings.max_hand_outs);
                let then = then.map(|then| followed(then, self.job, self.record));
                if then.is_some() {
                    let job = self.job;
                    tracing::error!(tenant.id = %job.tenant, pin.id = %job.pin, reason, "a message cannot be read and was given up");
                }
                Delivered { event: then.is_some().then(|| self.event(Kind::Failed, detail(self.job, reason))), then }
            }
        }
    }

    /// Nothing was tried: the same job comes back.
    fn wait(&self, after: Duration) -> Delivered {
        Delivered { event: None, then: Some(Then::Retry { after, job: self.lease.entry.bytes.clone() }) }
    }

    /// Makes an attempt. From the last look at record and clock to the connector nothing waits. What is rare is in boxes: many
    /// deliveries are under way at once, and the room that each takes is time.
    async fn attempt(&mut self) -> Result<Attempt, Stop> {
        self.check()?;
        let snapshot = match self.worker.snapshots.peek_tenant(self.job.tenant) {
            Some(snapshot) => snapshot,
            None => match Box::pin(self.load()).await? {
                Some(snapshot) => snapshot,
                None => return Ok(self.failed_early(temporary("unknown_tenant"))),
            },
        };
        // Matched by reference: moved, it would have room twice.
        match &mut self.prepare(&snapshot).await {
            Ok(ready) => self.go(ready).await,
            Err(lack) => Box::pin(self.attempt_with_newer(&snapshot, *lack)).await,
        }
    }

    /// Makes an attempt with a newer configuration, where the one that is known lacks something.
    async fn attempt_with_newer(&mut self, snapshot: &Arc<Snapshot>, mut lack: Lack) -> Result<Attempt, Stop> {
        let worker = self.worker;
        if let Lack::WayYet(wait, reason) = lack {
            return self.no_way_yet(wait, reason);
        }
        let accepted_ms = accepted_ms(self.job, self.record, self.lease.entry.queued_ms).unwrap_or(self.record.created_ms);
        let newer = worker.newest.than(worker, snapshot, accepted_ms).await;
        self.now = worker.clock.now();
        if let Ok(Some(newer)) = &newer {
            self.look_again().await?;
            lack = match &mut self.prepare(newer).await {
                Ok(ready) => return self.go(ready).await,
                Err(lack) => *lack,
            };
        }
        match lack {
            Lack::Key(reason) => Err(Stop::Unreadable(reason)),
            Lack::WayYet(wait, reason) => self.no_way_yet(wait, reason),
            // While PostgreSQL is away or slow, nobody knows what was configured last: that is no attempt, and counts as none.
            Lack::Configuration(_) if newer.is_err() => Err(Stop::Wait),
            Lack::Configuration(reason) => Ok(self.failed_early(Outcome::Permanent { reason: reason.into() })),
        }
    }

    /// No connection takes the message now. It comes back, unless its PIN is over by then.
    fn no_way_yet(&mut self, wait: Duration, reason: &'static str) -> Result<Attempt, Stop> {
        self.now = self.worker.clock.now();
        if wait < self.left() {
            return Err(Stop::NoWayYet(wait));
        }
        Ok(self.failed_early(Outcome::Permanent { reason: reason.into() }))
    }

    /// Hands a message over, if it may still go and its price passes no cap.
    async fn go(&mut self, ready: &mut Ready<'_>) -> Result<Attempt, Stop> {
        let reserved = match self.reserve(ready).await {
            Ok(reserved) => reserved,
            Err(Lack::WayYet(wait, reason)) => return self.no_way_yet(wait, reason),
            Err(Lack::Configuration(reason) | Lack::Key(reason)) => {
                return Ok(self.failed_early(Outcome::Permanent { reason: reason.into() }));
            }
        };
        if (ready.way.has_waited || reserved.is_some())
            && let Err(stop) = self.check_again()
        {
            if let Some(reserved) = reserved {
                Box::pin(self.correct(reserved, None)).await;
            }
            return Err(stop);
        }
        Ok(self.hand_over(ready, reserved).await)
    }

    /// Whether the message may go, after a wait.
    fn check_again(&mut self) -> Result<(), Stop> {
        self.now = self.worker.clock.now();
        self.check()
    }

    /// Whether the message may go at the time of the last look at the clock.
    fn check(&self) -> Result<(), Stop> {
        if !self.lease.is_good(self.now.at) {
            return Err(Stop::LeaseLost);
        }
        if let Some(reason) = over(self.job, self.record, self.lease.entry.queued_ms, self.now.ms) {
            return Err(Stop::Skip(reason));
        }
        if self.lease.entry.handed_out > self.worker.settings.max_hand_outs {
            return Err(Stop::Unreadable("abandoned"));
        }
        Ok(())
    }

    /// Reads a configuration that is not known yet.
    async fn load(&mut self) -> Result<Option<Arc<Snapshot>>, Stop> {
        let found = self.worker.snapshots.tenant(self.job.tenant).await.map_err(|_| Stop::Wait)?;
        self.look_again().await?;
        Ok(found)
    }

    /// Reads the record again, after a wait in which the PIN may have ended.
    async fn look_again(&mut self) -> Result<(), Stop> {
        match self.worker.hot.peek(self.job.tenant, self.job.pin).await {
            Ok(Some(record)) => *self.record = record,
            Ok(None) | Err(_) => return Err(Stop::Wait),
        }
        self.check_again()
    }

    fn failed_early(&self, outcome: Outcome) -> Attempt {
        Attempt { detail: self.detail_of(&outcome), outcome, connector: NO_CONNECTOR, leg: None, fallback: None }
    }

    /// What remains of the PIN's life.
    fn left(&self) -> Duration {
        Duration::from_millis(self.record.expires_ms.saturating_sub(self.now.ms))
    }

    fn count(&self, outcome: &'static str) {
        self.worker.metrics.delivery(self.job.channel, NO_CONNECTOR, outcome);
    }
}

fn temporary(reason: &'static str) -> Outcome {
    Outcome::Temporary { reason: reason.into(), retry_after: Some(WAIT) }
}

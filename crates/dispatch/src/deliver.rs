//! One job, from its record to what follows: judge whether the PIN may still be sent, render it, hand it to the
//! connector, decide. Nothing is written here; what is given back is settled in a batch.

use std::sync::Arc;
use std::time::Duration;

use pinfold_channels::{Connector, Outcome};
use pinfold_core::connection::Connection;
use pinfold_core::entropy;
use pinfold_core::envelope::Envelope;
use pinfold_core::event::{Detail, Event, Kind};
use pinfold_core::pin::Pin;
use pinfold_postgres::Snapshot;
use pinfold_redis::{Job, Record, Then};
use tracing::{Instrument, Span};

use crate::lease::Lease;
use crate::metrics::NO_CONNECTOR;
use crate::over::{accepted_ms, over};
use crate::poison;
use crate::render::{Rendered, render};
use crate::retry::{self, Next};
use crate::route::{recorded_id, route};
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
    /// This worker cannot read what the message is made of.
    Unreadable(&'static str),
}

/// An attempt that was made, or failed before it reached a provider.
struct Attempt {
    outcome: Outcome,
    connector: &'static str,
    detail: Detail,
}

/// What a message misses to be sent.
enum Lack {
    /// The tenant's configuration has no way for it.
    Configuration(&'static str),
    /// The key it is sealed with.
    Key(&'static str),
}

/// A message ready for its provider.
struct Ready<'a> {
    envelope: Envelope,
    rendered: Rendered<'a>,
    connection: &'a Connection,
    connector: Arc<dyn Connector>,
}

struct Delivery<'a> {
    worker: &'a Worker,
    lease: &'a Lease,
    job: &'a Job,
    record: &'a mut Record,
}

/// Delivers one job. A record that is read again takes the place of `record`.
pub(crate) async fn deliver(worker: &Worker, lease: &Lease, job: &Job, record: &mut Record) -> Delivered {
    Delivery { worker, lease, job, record }.run().await
}

impl Delivery<'_> {
    async fn run(mut self) -> Delivered {
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
                let after = WAIT.mul_f64(1.0 + entropy::fraction());
                Delivered { event: None, then: Some(Then::Retry { after, job: self.lease.entry.bytes.clone() }) }
            }
            Err(Stop::Unreadable(reason)) => {
                self.count("unreadable");
                let then = poison::unreadable(&self.lease.entry, reason, self.worker.settings.max_hand_outs);
                if then.is_some() {
                    let job = self.job;
                    tracing::error!(tenant.id = %job.tenant, pin.id = %job.pin, reason, "a message cannot be read and was given up");
                }
                Delivered { event: then.is_some().then(|| self.event(Kind::Failed, detail(self.job, reason))), then }
            }
        }
    }

    /// Makes an attempt. From the last look at record and clock to the connector nothing waits.
    async fn attempt(&mut self) -> Result<Attempt, Stop> {
        let worker = self.worker;
        self.check()?;
        let snapshot = match worker.snapshots.peek_tenant(self.job.tenant) {
            Some(snapshot) => snapshot,
            None => match self.load().await? {
                Some(snapshot) => snapshot,
                None => return Ok(self.failed_early(temporary("unknown_tenant"))),
            },
        };
        let mut lack = match self.prepare(&snapshot) {
            Ok(ready) => return Ok(self.hand_over(ready).await),
            Err(lack) => lack,
        };
        let accepted_ms = accepted_ms(self.job, self.record, &self.lease.entry.id).unwrap_or(self.record.created_ms);
        if let Some(newer) = worker.newest.than(worker, &snapshot, accepted_ms).await {
            self.look_again().await?;
            lack = match self.prepare(&newer) {
                Ok(ready) => return Ok(self.hand_over(ready).await),
                Err(lack) => lack,
            };
        }
        match lack {
            Lack::Key(reason) => Err(Stop::Unreadable(reason)),
            // While PostgreSQL is away, nobody knows what was configured last.
            Lack::Configuration(reason) if worker.snapshots.is_degraded() => Ok(self.failed_early(temporary(reason))),
            Lack::Configuration(reason) => Ok(self.failed_early(Outcome::Permanent { reason: reason.into() })),
        }
    }

    /// Hands a message to its provider.
    async fn hand_over(&self, ready: Ready<'_>) -> Attempt {
        let (job, connector) = (self.job, ready.connection.provider.kind());
        let channel = job.channel.name();
        // A job belongs to a trace while tracing is on; otherwise a span costs more than it tells.
        let span = match &job.trace {
            None => Span::none(),
            Some(trace) => {
                let span = tracing::info_span!("delivery", tenant.id = %job.tenant, pin.id = %job.pin, channel, connector);
                (self.worker.follow_trace)(&span, trace);
                span
            }
        };
        let reference = job.reference();
        let mut outgoing = ready.rendered.outgoing(&reference, &ready.envelope, self.record.expires_ms);
        outgoing.tenant = Some(job.tenant);
        let outcome = ready.connector.deliver(&outgoing).instrument(span).await;
        let detail =
            Detail { connection: recorded_id(ready.connection), segments: ready.rendered.segments(), ..self.detail_of(&outcome) };
        Attempt { outcome, connector, detail }
    }

    /// Whether the message may go now.
    fn check(&self) -> Result<(), Stop> {
        if !self.lease.is_good() {
            return Err(Stop::LeaseLost);
        }
        if let Some(reason) = over(self.job, self.record, &self.lease.entry.id, self.worker.clock.now_ms()) {
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
        self.check()
    }

    /// Who gets which PIN.
    fn open(&self, snapshot: &Snapshot) -> Option<(Envelope, Pin)> {
        let (keys, record) = (&snapshot.keys, &*self.record);
        let mut envelope = keys.open_envelope(record.key_version, self.job.pin, &record.sealed).ok()?;
        let pin = if record.flags.is_chosen {
            envelope.chosen.take()?
        } else {
            keys.derive_pin(record.key_version, self.job.pin, record.generation, record.alphabet, record.length).ok()?
        };
        Some((envelope, pin))
    }

    fn prepare<'a>(&self, snapshot: &'a Snapshot) -> Result<Ready<'a>, Lack> {
        if !snapshot.is_enabled {
            return Err(Lack::Configuration("tenant_disabled"));
        }
        let (channel, settings) = (self.job.channel, &self.worker.settings);
        let (envelope, pin) = self.open(snapshot).ok_or(Lack::Key("undecryptable"))?;
        let message = snapshot.messages.get(&self.record.message).ok_or(Lack::Configuration("no_template"))?;
        let default = snapshot.route(channel).map(Arc::as_ref);
        let connection =
            route(channel, self.record.flags.is_sandbox, default, settings.allow_live_simulator).map_err(Lack::Configuration)?;
        let rendered =
            render(message, channel, &envelope.recipient, &pin, &envelope.placeholders).map_err(Lack::Configuration)?;
        let connector = self.worker.connectors.get(connection).map_err(|error| {
            tracing::debug!(tenant.id = %self.job.tenant, connection.id = %connection.id, %error, "a connection cannot be used");
            Lack::Configuration("invalid_connection")
        })?;
        Ok(Ready { envelope, rendered, connection, connector })
    }

    fn failed_early(&self, outcome: Outcome) -> Attempt {
        Attempt { detail: self.detail_of(&outcome), outcome, connector: NO_CONNECTOR }
    }

    /// Decides what follows an attempt.
    fn ended(&self, attempt: Attempt) -> Delivered {
        let Attempt { outcome, connector, detail } = attempt;
        let (worker, job) = (self.worker, self.job);
        worker.metrics.delivery(job.channel, connector, outcome.name());
        let (now_ms, attempts) = (worker.clock.now_ms(), job.attempt.saturating_add(1));
        let left = Duration::from_millis(self.record.expires_ms.saturating_sub(now_ms));
        match retry::next(&outcome, attempts, left, &worker.settings, entropy::fraction) {
            Next::Done => {
                if let Some(accepted_ms) = accepted_ms(job, self.record, &self.lease.entry.id) {
                    let waited = Duration::from_millis(now_ms.saturating_sub(accepted_ms));
                    worker.metrics.delivered(job.channel, connector, waited);
                }
                Delivered { event: Some(self.event(Kind::Sent, detail)), then: Some(Then::Done) }
            }
            Next::Retry { after } => {
                let reason = outcome.reason();
                tracing::debug!(
                    tenant.id = %job.tenant, pin.id = %job.pin, channel = job.channel.name(), connector, attempt = attempts, reason,
                    "an attempt failed; another follows"
                );
                let job = Job { attempt: attempts, ..job.clone() }.encode();
                Delivered { event: Some(self.event(Kind::Retried, detail)), then: Some(Then::Retry { after, job }) }
            }
            Next::GiveUp => {
                let reason = outcome.reason().unwrap_or_default().to_owned();
                tracing::warn!(
                    tenant.id = %job.tenant, pin.id = %job.pin, channel = job.channel.name(), connector, attempt = attempts, reason,
                    "a message was not delivered"
                );
                Delivered { event: Some(self.event(Kind::Failed, detail)), then: Some(poison::bury(reason)) }
            }
        }
    }

    fn count(&self, outcome: &'static str) {
        self.worker.metrics.delivery(self.job.channel, NO_CONNECTOR, outcome);
    }

    fn event(&self, kind: Kind, detail: Detail) -> Event {
        event(self.job, self.record, kind, detail)
    }

    fn detail_of(&self, outcome: &Outcome) -> Detail {
        let provider_id = if let Outcome::Accepted { provider_id, .. } = outcome { provider_id.clone() } else { None };
        Detail {
            delivery: Some(self.job.delivery),
            attempt: Some(self.job.attempt.saturating_add(1)),
            provider_id,
            reason: outcome.reason().map(str::to_owned),
            ..Detail::default()
        }
    }
}

/// What follows a delivery that crashed: another hand-out, and after too many the dead letters.
pub(crate) fn crashed(lease: &Lease, job: &Job, record: &Record, most_hand_outs: u64) -> Delivered {
    let then = poison::unreadable(&lease.entry, "crashed", most_hand_outs);
    Delivered { event: then.is_some().then(|| event(job, record, Kind::Failed, detail(job, "crashed"))), then }
}

fn event(job: &Job, record: &Record, kind: Kind, detail: Detail) -> Event {
    Event {
        kind,
        channel: job.channel,
        // The entry's id in the stream says when.
        at_ms: 0,
        created_ms: record.created_ms,
        expires_ms: record.expires_ms,
        tenant: job.tenant,
        pin: job.pin,
        message: record.message,
        subject: record.subject,
        detail,
    }
}

fn detail(job: &Job, reason: &str) -> Detail {
    Detail { delivery: Some(job.delivery), reason: Some(reason.to_owned()), ..Detail::default() }
}

fn temporary(reason: &'static str) -> Outcome {
    Outcome::Temporary { reason: reason.into(), retry_after: Some(WAIT) }
}

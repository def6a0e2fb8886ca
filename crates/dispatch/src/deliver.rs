//! One job, from its record to what follows: judge whether the PIN may still be sent, render it, hand it to the
//! connector, decide. Nothing is written here; what is given back is settled in a batch.

use std::sync::Arc;
use std::time::Duration;

use pinfold_channels::{Connector, LONGEST_DEADLINE, Outcome, pushes_receipts};
use pinfold_core::connection::Connection;
use pinfold_core::entropy;
use pinfold_core::envelope::Envelope;
use pinfold_core::event::{Detail, Event, Facts, Kind};
use pinfold_core::pin::Pin;
use pinfold_core::recipient::Recipient;
use pinfold_core::region::Region;
use pinfold_http::clock::stopwatch;
use pinfold_postgres::Snapshot;
use pinfold_redis::{Job, Record, Then, Timer};
use tracing::{Instrument, Span};

use crate::choice::{NoWay, Other, Taken, Way, choose, others};
use crate::fallback;
use crate::lease::Lease;
use crate::metrics::NO_CONNECTOR;
use crate::over::{accepted_ms, over};
use crate::poison;
use crate::render::{Rendered, render};
use crate::retry::{self, Next, Tries};
use crate::route::recorded_id;
use crate::worker::Worker;

/// How long a job waits at least for a configuration that cannot be read.
const WAIT: Duration = Duration::from_secs(1);
/// How much longer than its deadline an attempt is waited for: connectors keep the deadline themselves.
const GRACE: Duration = Duration::from_millis(500);

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

/// An attempt that was made, or failed before it reached a provider.
struct Attempt {
    outcome: Outcome,
    connector: &'static str,
    detail: Detail,
    /// The first bytes of the connection's id, and what else there was.
    over: Option<([u8; 4], usize, Other)>,
    /// How long the next step of the fallback plan waits.
    fallback: Option<Duration>,
}

/// What a message misses to be sent.
enum Lack {
    /// The tenant's configuration has no way for it.
    Configuration(&'static str),
    /// The key it is sealed with.
    Key(&'static str),
    /// A connection that takes it now.
    WayYet(Duration, &'static str),
}

/// A message ready for its provider.
struct Ready<'a> {
    envelope: Envelope,
    rendered: Rendered<'a>,
    region: Option<Region>,
    snapshot: &'a Snapshot,
    way: Way<'a>,
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
        let mut lack = match self.prepare(&snapshot).await {
            Ok(ready) => return self.go(ready).await,
            Err(lack) => lack,
        };
        if let Lack::WayYet(wait, reason) = lack {
            return self.no_way_yet(wait, reason);
        }
        let accepted_ms = accepted_ms(self.job, self.record, self.lease.entry.queued_ms).unwrap_or(self.record.created_ms);
        if let Some(newer) = worker.newest.than(worker, &snapshot, accepted_ms).await {
            self.look_again().await?;
            lack = match self.prepare(&newer).await {
                Ok(ready) => return self.go(ready).await,
                Err(lack) => lack,
            };
        }
        match lack {
            Lack::Key(reason) => Err(Stop::Unreadable(reason)),
            Lack::WayYet(wait, reason) => self.no_way_yet(wait, reason),
            // While PostgreSQL is away, nobody knows what was configured last.
            Lack::Configuration(reason) if worker.snapshots.is_degraded() => Ok(self.failed_early(temporary(reason))),
            Lack::Configuration(reason) => Ok(self.failed_early(Outcome::Permanent { reason: reason.into() })),
        }
    }

    /// No connection takes the message now. It comes back, unless its PIN is over by then.
    fn no_way_yet(&self, wait: Duration, reason: &'static str) -> Result<Attempt, Stop> {
        if wait < self.left() {
            return Err(Stop::NoWayYet(wait));
        }
        Ok(self.failed_early(Outcome::Permanent { reason: reason.into() }))
    }

    /// Hands a message over, if it may still go.
    async fn go(&self, ready: Ready<'_>) -> Result<Attempt, Stop> {
        self.check()?;
        Ok(self.hand_over(ready).await)
    }

    /// Hands a message to its provider.
    async fn hand_over(&self, ready: Ready<'_>) -> Attempt {
        let Ready { envelope, rendered, region, snapshot, way: Way { connection, taken }, connector } = ready;
        let kind = connection.provider.kind();
        let channel = self.job.channel.name();
        // A job belongs to a trace while tracing is on; otherwise a span costs more than it tells.
        let span = match &self.job.trace {
            None => Span::none(),
            Some(trace) => {
                let (tenant, pin) = (self.job.tenant, self.job.pin);
                let span = tracing::info_span!("delivery", tenant.id = %tenant, pin.id = %pin, channel, connector = kind);
                (self.worker.follow_trace)(&span, trace);
                span
            }
        };
        let reference = self.job.reference();
        let sender = taken.as_ref().and_then(|taken| taken.leg.sender.as_deref());
        let mut outgoing = rendered.outgoing(&reference, &envelope, sender, self.record.expires_ms);
        outgoing.tenant = Some(self.job.tenant);
        let receipt_url = self.receipt_url(snapshot, connection);
        outgoing.receipt_url = receipt_url.as_deref();
        let started = stopwatch();
        let limit = self.worker.connectors.deadline(connection).min(LONGEST_DEADLINE) + GRACE;
        let outcome = tokio::time::timeout(limit, connector.deliver(&outgoing).instrument(span)).await;
        let outcome = outcome.unwrap_or_else(|_| Outcome::Unknown { reason: "timeout".into() });
        let took = started.elapsed();
        let segments = rendered.segments();
        let mut facts = Facts {
            region,
            latency_ms: Some(u32::try_from(took.as_millis()).unwrap_or(u32::MAX)),
            fault: outcome.fault().map(|fault| fault.name().into()),
            ..Facts::default()
        };
        let mut over = None;
        if let Some(Taken { route, leg, call, decision }) = taken {
            call.end(&outcome, took, self.worker.clock.now_ms());
            facts.decision = decision;
            // What the provider says it charges goes before the price list.
            let charged = if let Outcome::Accepted { price, .. } = &outcome { *price } else { None };
            let listed = || leg.price.map(|price| price.times(segments.unwrap_or(1).into()));
            if let Some(price) = charged.or_else(listed) {
                facts.price_micros = Some(price.micros);
                facts.currency = Some(price.currency);
            }
            let other = match &outcome {
                Outcome::Accepted { .. } => Other::None,
                _ => others(self.worker, snapshot, route, self.job, connection),
            };
            over = connection.id.as_bytes().first_chunk().map(|start| (*start, route.legs.len(), other));
        }
        let fallback = match &outcome {
            Outcome::Accepted { .. } if self.record.flags.has_plan => self.next_step(snapshot, &envelope),
            _ => None,
        };
        let connection = recorded_id(connection);
        let detail = Detail { connection, segments, facts: Some(Box::new(facts)), ..self.detail_of(&outcome) };
        Attempt { outcome, connector: kind, detail, over, fallback }
    }

    /// How long the next step of the PIN's plan waits from now on, if this message is the one that it waits for.
    fn next_step(&self, snapshot: &Snapshot, envelope: &Envelope) -> Option<Duration> {
        let plan = fallback::plan(snapshot, self.record, envelope).filter(|_| self.job.delivery >= self.record.deliveries)?;
        fallback::wait(plan, self.record, self.worker.clock.now_ms())
    }

    /// Where the provider is to say what became of the message.
    fn receipt_url(&self, snapshot: &Snapshot, connection: &Connection) -> Option<String> {
        let base = self.worker.public_url.as_deref().filter(|_| pushes_receipts(&connection.provider))?;
        Some(format!("{base}{}", snapshot.receipt_path(connection.id)))
    }

    /// Whether the message may go now.
    fn check(&self) -> Result<(), Stop> {
        if !self.lease.is_good() {
            return Err(Stop::LeaseLost);
        }
        if let Some(reason) = over(self.job, self.record, self.lease.entry.queued_ms, self.worker.clock.now_ms()) {
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
        envelope.turn_to(self.job.channel);
        let pin = if record.flags.is_chosen {
            envelope.chosen.take()?
        } else {
            keys.derive_pin(record.key_version, self.job.pin, record.generation, record.alphabet, record.length).ok()?
        };
        Some((envelope, pin.shown_in(record.alphabet)))
    }

    async fn prepare<'a>(&self, snapshot: &'a Snapshot) -> Result<Ready<'a>, Lack> {
        if !snapshot.is_enabled {
            return Err(Lack::Configuration("tenant_disabled"));
        }
        let channel = self.job.channel;
        let (envelope, pin) = self.open(snapshot).ok_or(Lack::Key("undecryptable"))?;
        let message = snapshot.messages.get(&self.record.message).ok_or(Lack::Configuration("no_template"))?;
        let rendered = render(message, channel, &envelope, &pin).map_err(Lack::Configuration)?;
        let region = match &envelope.recipient {
            Recipient::Phone(phone) => self.worker.regions.of(phone),
            Recipient::Email(_) | Recipient::Push(_) => None,
        };
        let is_sandbox = self.record.flags.is_sandbox;
        let way = choose(self.worker, snapshot, self.job, is_sandbox, &envelope.recipient, region).await;
        let way = way.map_err(|lack| match lack {
            NoWay::Never(reason) => Lack::Configuration(reason),
            NoWay::Yet { wait, reason } => Lack::WayYet(wait, reason),
        })?;
        let connector = self.worker.connectors.get(way.connection).map_err(|error| {
            tracing::debug!(tenant.id = %self.job.tenant, connection.id = %way.connection.id, %error, "a connection cannot be used");
            Lack::Configuration("invalid_connection")
        })?;
        Ok(Ready { envelope, rendered, region, snapshot, way, connector })
    }

    fn failed_early(&self, outcome: Outcome) -> Attempt {
        Attempt { detail: self.detail_of(&outcome), outcome, connector: NO_CONNECTOR, over: None, fallback: None }
    }

    /// Decides what follows an attempt.
    fn ended(&self, attempt: Attempt) -> Delivered {
        let Attempt { outcome, connector, detail, over, fallback } = attempt;
        let (worker, job) = (self.worker, self.job);
        worker.metrics.delivery(job.channel, connector, outcome.name());
        let (now_ms, attempts) = (worker.clock.now_ms(), job.attempt.saturating_add(1));
        let tries = Tries {
            attempts,
            legs: over.map_or(1, |(_, legs, _)| legs),
            is_fail_over: !job.tried.is_empty(),
            is_uncertain: job.is_uncertain,
            other: over.map_or(Other::None, |(_, _, other)| other),
        };
        match retry::next(&outcome, &tries, self.left(), &worker.settings, entropy::fraction) {
            Next::Done => {
                if let Some(accepted_ms) = accepted_ms(job, self.record, self.lease.entry.queued_ms) {
                    let waited = Duration::from_millis(now_ms.saturating_sub(accepted_ms));
                    worker.metrics.delivered(job.channel, connector, waited);
                }
                let then = match fallback {
                    Some(after) => {
                        let steps_taken = self.record.steps_taken;
                        Then::Look { after, timer: Timer { tenant: job.tenant, pin: job.pin, steps_taken, failed: None } }
                    }
                    None => Then::Done,
                };
                Delivered { event: Some(self.event(Kind::Sent, detail)), then: Some(then) }
            }
            Next::FailOver => {
                let reason = outcome.reason();
                tracing::debug!(
                    tenant.id = %job.tenant, pin.id = %job.pin, channel = job.channel.name(), connector, attempt = attempts, reason,
                    "an attempt failed; another connection follows"
                );
                worker.metrics.fail_over(job.channel);
                self.again(Duration::ZERO, self.next_job(&outcome, over, false), detail)
            }
            Next::Retry { after, begins_again } => {
                let reason = outcome.reason();
                tracing::debug!(
                    tenant.id = %job.tenant, pin.id = %job.pin, channel = job.channel.name(), connector, attempt = attempts, reason,
                    "an attempt failed; another follows"
                );
                self.again(after, self.next_job(&outcome, over, begins_again), detail)
            }
            Next::GiveUp => {
                let reason = outcome.reason().unwrap_or_default().to_owned();
                tracing::warn!(
                    tenant.id = %job.tenant, pin.id = %job.pin, channel = job.channel.name(), connector, attempt = attempts, reason,
                    "a message was not delivered"
                );
                let then = followed(poison::bury(reason), job, self.record);
                Delivered { event: Some(self.event(Kind::Failed, detail)), then: Some(then) }
            }
        }
    }

    /// The job of the next attempt.
    fn next_job(&self, outcome: &Outcome, over: Option<([u8; 4], usize, Other)>, begins_again: bool) -> Job {
        let mut job = self.job.clone();
        job.attempt = job.attempt.saturating_add(1);
        job.is_uncertain |= matches!(outcome, Outcome::Unknown { .. });
        match over {
            Some((start, _, _)) if !begins_again => job.tried.push(start),
            _ => job.tried.clear(),
        }
        job
    }

    fn again(&self, after: Duration, job: Job, detail: Detail) -> Delivered {
        Delivered { event: Some(self.event(Kind::Retried, detail)), then: Some(Then::Retry { after, job: job.encode() }) }
    }

    /// What remains of the PIN's life.
    fn left(&self) -> Duration {
        Duration::from_millis(self.record.expires_ms.saturating_sub(self.worker.clock.now_ms()))
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
    let then = poison::unreadable(&lease.entry, "crashed", most_hand_outs).map(|then| followed(then, job, record));
    Delivered { event: then.is_some().then(|| event(job, record, Kind::Failed, detail(job, "crashed"))), then }
}

/// What follows a message that was given up: at once the next step of its PIN's plan.
fn followed(then: Then, job: &Job, record: &Record) -> Then {
    match then {
        Then::Bury { reason, .. } => Then::Bury { reason, timer: fallback::failed(record, job.tenant, job.pin, job.delivery) },
        then => then,
    }
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

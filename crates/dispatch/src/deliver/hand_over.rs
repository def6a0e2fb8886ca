//! A message is made ready for its provider, and handed over.

use std::sync::Arc;
use std::time::Duration;

use pinfold_channels::{Connector, LONGEST_DEADLINE, Outcome, pushes_receipts};
use pinfold_core::confirmation;
use pinfold_core::connection::Connection;
use pinfold_core::envelope::Envelope;
use pinfold_core::event::{Detail, Facts};
use pinfold_core::pin::Pin;
use pinfold_core::recipient::Recipient;
use pinfold_core::region::Region;
use pinfold_core::test_number::TEST_NUMBER;
use pinfold_postgres::Snapshot;
use tracing::{Instrument, Span};

use super::Delivery;
use crate::choice::{NoWay, Other, Taken, Way, choose, others};
use crate::deliver::money::Reserved;
use crate::fallback;
use crate::metrics::NO_CONNECTOR;
use crate::render::{Rendered, render};
use crate::route::{SANDBOX, recorded_id};

/// How much longer than its deadline an attempt is waited for: connectors keep the deadline themselves.
const GRACE: Duration = Duration::from_millis(500);

/// An attempt that was made, or failed before it reached a provider.
pub(super) struct Attempt {
    pub(super) outcome: Outcome,
    pub(super) connector: &'static str,
    pub(super) detail: Detail,
    pub(super) leg: Option<UsedLeg>,
    /// How long the next step of the fallback plan waits.
    pub(super) fallback: Option<Duration>,
}

/// The leg of a route that an attempt was made over.
#[derive(Clone, Copy)]
pub(super) struct UsedLeg {
    /// The first bytes of the connection's id: what a job keeps of it.
    pub(super) connection: [u8; 4],
    /// How many legs the route has.
    pub(super) legs: usize,
    /// What there is beside it.
    pub(super) other: Other,
}

/// What a message misses to be sent.
#[derive(Clone, Copy)]
pub(super) enum Lack {
    /// The tenant's configuration has no way for it.
    Configuration(&'static str),
    /// The key it is sealed with.
    Key(&'static str),
    /// A connection that takes it now.
    WayYet(Duration, &'static str),
}

/// A message ready for its provider.
pub(super) struct Ready<'a> {
    envelope: Envelope,
    pub(super) rendered: Rendered<'a>,
    region: Option<Region>,
    pub(super) snapshot: &'a Snapshot,
    pub(super) way: Way<'a>,
    /// None for a test number: nobody hears of the message.
    connector: Option<Arc<dyn Connector>>,
}

impl Delivery<'_> {
    pub(super) async fn prepare<'a>(&self, snapshot: &'a Snapshot) -> Result<Ready<'a>, Lack> {
        if !snapshot.is_enabled {
            return Err(Lack::Configuration("tenant_disabled"));
        }
        let channel = self.job.channel;
        let (mut envelope, pin) = self.open(snapshot).ok_or(Lack::Key("undecryptable"))?;
        let message = snapshot.messages.get(&self.record.message).ok_or(Lack::Configuration("no_template"))?;
        if message.has_link() {
            let link = confirmation::link(&self.worker.pages_url, &snapshot.keys, self.job.pin, &pin);
            envelope.placeholders.insert(confirmation::PLACEHOLDER.to_owned(), link);
        }
        let rendered = render(message, channel, &envelope, &pin).map_err(Lack::Configuration)?;
        let region = match &envelope.recipient {
            Recipient::Phone(phone) => self.worker.regions.of(phone),
            Recipient::Email(_) | Recipient::Push(_) => None,
        };
        // A PIN of a test number stays here whatever became of the number since; so does any message to what is one now.
        if self.record.flags.is_test || snapshot.test_code(message.application, &envelope.recipient).is_some() {
            let way = Way { connection: &SANDBOX, taken: None, has_waited: false };
            return Ok(Ready { envelope, rendered, region, snapshot, way, connector: None });
        }
        let is_sandbox = self.record.flags.is_sandbox;
        let way = choose(self.worker, snapshot, self.job, is_sandbox, &envelope.recipient, region, self.now.ms).await;
        let way = way.map_err(|lack| match lack {
            NoWay::Never(reason) => Lack::Configuration(reason),
            NoWay::Yet { wait, reason } => Lack::WayYet(wait, reason),
        })?;
        let connector = self.worker.connectors.get(way.connection).map_err(|error| {
            tracing::debug!(tenant.id = %self.job.tenant, connection.id = %way.connection.id, %error, "a connection cannot be used");
            Lack::Configuration("invalid_connection")
        })?;
        Ok(Ready { envelope, rendered, region, snapshot, way, connector: Some(connector) })
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

    /// Hands a message to its provider. What it costs other than was reserved is corrected.
    pub(super) async fn hand_over(&mut self, ready: &mut Ready<'_>, reserved: Option<Reserved>) -> Attempt {
        let Ready { envelope, rendered, region, snapshot, way: Way { connection, taken, .. }, connector } = ready;
        let (connection, snapshot, taken) = (*connection, *snapshot, taken.take());
        let is_kept = connector.is_none();
        let kind = if is_kept { NO_CONNECTOR } else { connection.provider.kind() };
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
        let mut outgoing = rendered.outgoing(&reference, envelope, sender, self.record.expires_ms);
        outgoing.tenant = Some(self.job.tenant);
        let receipt_url = self.receipt_url(snapshot, connection);
        outgoing.receipt_url = receipt_url.as_deref();
        let started = self.now.at;
        let limit = self.worker.connectors.deadline(connection).min(LONGEST_DEADLINE) + GRACE;
        let outcome = match connector {
            None => Outcome::Accepted { provider_id: None, price: None },
            Some(connector) => {
                let outcome = tokio::time::timeout(limit, connector.deliver(&outgoing).instrument(span)).await;
                outcome.unwrap_or_else(|_| Outcome::Unknown { reason: "timeout".into() })
            }
        };
        self.now = self.worker.clock.now();
        let took = self.now.at.saturating_duration_since(started);
        let segments = rendered.segments();
        let mut facts = Facts {
            region: *region,
            latency_ms: (!is_kept).then(|| u32::try_from(took.as_millis()).unwrap_or(u32::MAX)),
            fault: outcome.fault().map(|fault| fault.name().into()),
            is_sandbox: is_kept,
            ..Facts::default()
        };
        let mut used = None;
        if let Some(Taken { route, leg, call, decision }) = taken {
            call.end(&outcome, took, self.now.ms);
            facts.decision = decision;
            // What the provider says it charges goes before the price list.
            let charged = if let Outcome::Accepted { price, .. } = &outcome { *price } else { None };
            let listed = || leg.price.map(|price| price.times(segments.unwrap_or(1).into()));
            // Who refused it charges nothing; who did not answer may.
            let may_cost = matches!(outcome, Outcome::Accepted { .. } | Outcome::Unknown { .. });
            let price = charged.or_else(listed).filter(|_| may_cost);
            facts.price_micros = price.map(|price| price.micros);
            facts.currency = price.map(|price| price.currency);
            if let Some(reserved) = reserved {
                Box::pin(self.correct(reserved, price)).await;
            }
            let other = match &outcome {
                Outcome::Accepted { .. } => Other::None,
                _ => others(self.worker, snapshot, route, self.job, connection, self.now.ms),
            };
            let used_leg = |start: &[u8; 4]| UsedLeg { connection: *start, legs: route.legs.len(), other };
            used = connection.id.as_bytes().first_chunk().map(used_leg);
        }
        let fallback = match &outcome {
            Outcome::Accepted { .. } if self.record.flags.has_plan => self.next_step(snapshot, envelope),
            _ => None,
        };
        let connection = recorded_id(connection);
        let mut detail = Detail { connection, segments, facts: Some(Box::new(facts)), ..self.detail_of(&outcome) };
        if is_kept {
            detail.reason = Some(TEST_NUMBER.to_owned());
        }
        Attempt { outcome, connector: kind, detail, leg: used, fallback }
    }

    /// How long the next step of the PIN's plan waits from now on, if this message is the one that it waits for.
    fn next_step(&self, snapshot: &Snapshot, envelope: &Envelope) -> Option<Duration> {
        let plan = fallback::plan(snapshot, self.record, envelope).filter(|_| self.job.delivery >= self.record.deliveries)?;
        fallback::wait(plan, self.record, self.now.ms)
    }

    /// Where the provider is to say what became of the message.
    fn receipt_url(&self, snapshot: &Snapshot, connection: &Connection) -> Option<String> {
        let base = self.worker.public_url.as_deref().filter(|_| pushes_receipts(&connection.provider))?;
        Some(format!("{base}{}", snapshot.receipt_path(connection.id)))
    }
}

//! What the worker counts.

use std::hash::{Hash, Hasher};
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use pinfold_core::breaker::Phase;
use pinfold_core::channel::Channel;
use pinfold_core::event::Kind;
use pinfold_core::fraud::Rule;
use pinfold_core::id::ConnectionId;
use pinfold_postgres::Recorded;
use pinfold_redis::{Depth, Partition};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

/// The connector of a message that reached none.
pub(crate) const NO_CONNECTOR: &str = "none";

#[derive(Debug, Clone, PartialEq, Eq, EncodeLabelSet)]
struct Delivery {
    channel: &'static str,
    connector: &'static str,
    outcome: &'static str,
}

impl Hash for Delivery {
    fn hash<H: Hasher>(&self, state: &mut H) {
        brief(&[self.channel, self.connector, self.outcome]).hash(state);
    }
}

#[derive(Debug, Clone, PartialEq, Eq, EncodeLabelSet)]
struct Way {
    channel: &'static str,
    connector: &'static str,
}

impl Hash for Way {
    fn hash<H: Hasher>(&self, state: &mut H) {
        brief(&[self.channel, self.connector]).hash(state);
    }
}

/// Of each label its length, and how it begins and ends: every message is counted, and that is enough to tell few labels apart.
fn brief(labels: &[&str]) -> u64 {
    let of_one = |label: &str| match label.as_bytes() {
        [first, .., last] => label.len() as u64 ^ u64::from(*first) << 8 ^ u64::from(*last) << 13,
        _ => 0,
    };
    labels.iter().fold(0, |brief, label| brief << 21 ^ of_one(label))
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Place {
    partition: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OneKind {
    kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Happened {
    kind: &'static str,
    channel: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Decided {
    rule: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Taken {
    channel: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OneChannel {
    channel: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OneConnection {
    connection: String,
}

type Gauges<N> = Family<Place, N>;

/// The worker's metrics.
#[derive(Clone)]
pub(crate) struct Metrics {
    deliveries: Family<Delivery, Counter>,
    seconds: Family<Way, Histogram, fn() -> Histogram>,
    dropped_jobs: Family<Reason, Counter>,
    taken_over: Counter,
    recorded: Counter,
    happened: Family<Happened, Counter>,
    dropped_events: Family<Reason, Counter>,
    alerts: Family<OneKind, Counter>,
    fraud_decisions: Family<Decided, Counter>,
    in_hand: Gauge,
    jobs: Gauges<Gauge>,
    parked: Gauges<Gauge>,
    oldest: Gauges<Gauge<f64, AtomicU64>>,
    events: Gauges<Gauge>,
    due: Gauges<Gauge>,
    dead: Gauges<Gauge>,
    fail_overs: Family<OneChannel, Counter>,
    fallback_steps: Family<Taken, Counter>,
    breakers: Family<OneConnection, Gauge>,
}

impl Metrics {
    /// Registers the metrics.
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let buckets: fn() -> Histogram = || Histogram::new(exponential_buckets(0.001, 2.0, 16));
        let metrics = Self {
            deliveries: Family::default(),
            seconds: Family::new_with_constructor(buckets),
            dropped_jobs: Family::default(),
            taken_over: Counter::default(),
            recorded: Counter::default(),
            happened: Family::default(),
            dropped_events: Family::default(),
            alerts: Family::default(),
            fraud_decisions: Family::default(),
            in_hand: Gauge::default(),
            jobs: Family::default(),
            parked: Family::default(),
            oldest: Family::default(),
            events: Family::default(),
            due: Family::default(),
            dead: Family::default(),
            fail_overs: Family::default(),
            fallback_steps: Family::default(),
            breakers: Family::default(),
        };
        let m = metrics.clone();
        registry.register("pinfold_deliveries", "Attempts at messages, by channel, connector and outcome", m.deliveries);
        registry.register("pinfold_delivery_seconds", "From a message's acceptance to the provider's", m.seconds);
        registry.register("pinfold_jobs_dropped", "Queued messages that need no delivery any more, by reason", m.dropped_jobs);
        registry.register("pinfold_jobs_taken_over", "Messages taken over from silent workers", m.taken_over);
        registry.register("pinfold_events_recorded", "Events newly recorded in PostgreSQL", m.recorded);
        registry.register("pinfold_pin_events", "What happened to PINs, by kind and channel, as it is recorded", m.happened);
        registry.register("pinfold_events_dropped", "Events that cannot be recorded, by reason", m.dropped_events);
        registry.register("pinfold_alerts_raised", "Alerts raised from failed checks, by kind", m.alerts);
        let decisions = "Messages that the fraud guard found something in, by rule and outcome";
        registry.register("pinfold_fraud_decisions", decisions, m.fraud_decisions);
        registry.register("pinfold_jobs_in_hand", "Messages in this worker's hand", m.in_hand);
        registry.register("pinfold_queue_jobs", "Messages to deliver, by partition", m.jobs);
        registry.register("pinfold_queue_parked", "Those of them that wait for their tenant's turn", m.parked);
        registry.register("pinfold_queue_oldest_age_seconds", "Age of the oldest of them", m.oldest);
        registry.register("pinfold_queue_events", "Events to record, by partition", m.events);
        registry.register("pinfold_queue_due", "Retries that wait for their time, by partition", m.due);
        registry.register("pinfold_queue_dead", "Messages that were given up, by partition", m.dead);
        registry.register("pinfold_fail_overs", "Messages that went on to another connection", m.fail_overs);
        let fallback = "Steps of fallback plans: started, or passed over and why";
        registry.register("pinfold_fallback_steps", fallback, m.fallback_steps);
        let breakers = "The breaker of each connection used lately: 0 closed, 1 paused, 2 half open, 3 open";
        registry.register("pinfold_connection_breaker", breakers, m.breakers);
        metrics
    }

    pub(crate) fn delivery(&self, channel: Channel, connector: &'static str, outcome: &'static str) {
        self.deliveries.get_or_create(&Delivery { channel: channel.name(), connector, outcome }).inc();
    }

    pub(crate) fn delivered(&self, channel: Channel, connector: &'static str, since_accepted: Duration) {
        self.seconds.get_or_create(&Way { channel: channel.name(), connector }).observe(since_accepted.as_secs_f64());
    }

    pub(crate) fn dropped_job(&self, reason: &'static str) {
        self.dropped_jobs.get_or_create(&Reason { reason }).inc();
    }

    /// A step of a fallback plan was taken.
    pub(crate) fn fallback_step(&self, channel: Channel, outcome: &'static str) {
        self.fallback_steps.get_or_create(&Taken { channel: channel.name(), outcome }).inc();
    }

    /// A message goes on to another connection.
    pub(crate) fn fail_over(&self, channel: Channel) {
        self.fail_overs.get_or_create(&OneChannel { channel: channel.name() }).inc();
    }

    /// What a connection's breaker says.
    pub(crate) fn breaker(&self, connection: ConnectionId, phase: Phase) {
        let value = match phase {
            Phase::Closed => 0,
            Phase::Paused => 1,
            Phase::HalfOpen => 2,
            Phase::Open => 3,
        };
        self.breakers.get_or_create(&OneConnection { connection: connection.to_string() }).set(value);
    }

    /// A connection is not used any more.
    pub(crate) fn forget(&self, connection: ConnectionId) {
        self.breakers.remove(&OneConnection { connection: connection.to_string() });
    }

    pub(crate) fn taken_over(&self, count: usize) {
        self.taken_over.inc_by(count as u64);
    }

    /// Counts what happened to so many PINs. One that is recorded again after a crash counts twice.
    pub(crate) fn happened(&self, kind: Kind, channel: Channel, count: usize) {
        self.happened.get_or_create(&Happened { kind: kind.name(), channel: channel.name() }).inc_by(count as u64);
    }

    pub(crate) fn recorded(&self, recorded: Recorded) {
        self.recorded.inc_by(u64::from(recorded.new));
        if recorded.dropped > 0 {
            self.dropped_events.get_or_create(&Reason { reason: "unknown_tenant" }).inc_by(u64::from(recorded.dropped));
        }
    }

    pub(crate) fn raised(&self, kind: pinfold_core::alert::AlertKind) {
        self.alerts.get_or_create(&OneKind { kind: kind.name() }).inc();
    }

    /// Counts what the fraud guard decided of so many messages.
    pub(crate) fn decided(&self, rule: Rule, is_blocked: bool, sends: u32) {
        let outcome = if is_blocked { "blocked" } else { "recorded" };
        self.fraud_decisions.get_or_create(&Decided { rule: rule.name(), outcome }).inc_by(sends.into());
    }

    pub(crate) fn dropped_event(&self, reason: &'static str) {
        self.dropped_events.get_or_create(&Reason { reason }).inc();
    }

    pub(crate) fn in_hand(&self, count: usize) {
        self.in_hand.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    pub(crate) fn depth(&self, partition: Partition, depth: Depth) {
        let place = Place { partition: partition.number() };
        let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        self.jobs.get_or_create(&place).set(number(depth.jobs));
        self.parked.get_or_create(&place).set(number(depth.parked));
        self.oldest.get_or_create(&place).set(depth.oldest_job_ms as f64 / 1_000.0);
        self.events.get_or_create(&place).set(number(depth.events));
        self.due.get_or_create(&place).set(number(depth.due));
        self.dead.get_or_create(&place).set(number(depth.dead));
    }
}

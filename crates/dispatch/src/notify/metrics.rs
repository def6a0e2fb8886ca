//! What is counted of webhooks. Nothing names a tenant or an address.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use pinfold_channels::Reply;
use pinfold_postgres::WebhookDepth;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

/// The metrics.
#[derive(Clone)]
pub(super) struct Metrics {
    attempts: Family<Outcome, Counter>,
    seconds: Histogram,
    exhausted: Counter,
    disabled: Family<Reason, Counter>,
    expired: Counter,
    waiting: Gauge,
    overdue: Gauge<f64, AtomicU64>,
    dropped: Gauge,
}

impl Metrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            attempts: Family::default(),
            seconds: Histogram::new(exponential_buckets(0.005, 2.0, 16)),
            exhausted: Counter::default(),
            disabled: Family::default(),
            expired: Counter::default(),
            waiting: Gauge::default(),
            overdue: Gauge::default(),
            dropped: Gauge::default(),
        };
        let m = metrics.clone();
        registry.register("pinfold_webhook_attempts", "Attempts at webhooks, by outcome", m.attempts);
        registry.register("pinfold_webhook_seconds", "From a webhook's queueing to its delivery at the first attempt", m.seconds);
        registry.register("pinfold_webhooks_exhausted", "Webhooks that were given up", m.exhausted);
        registry.register("pinfold_webhook_endpoints_disabled", "Endpoints disabled by the platform, by reason", m.disabled);
        registry.register("pinfold_pins_expired", "PINs noticed to have died unverified", m.expired);
        registry.register("pinfold_webhooks_waiting", "Webhooks that wait for delivery, of all tenants", m.waiting);
        registry.register("pinfold_webhooks_overdue_seconds", "How late the longest overdue webhook is", m.overdue);
        registry.register("pinfold_webhooks_dropped", "Webhooks dropped because a tenant's backlog was full", m.dropped);
        metrics
    }

    pub(super) fn attempt(&self, reply: &Reply) {
        let outcome = match (reply.status, reply.reason.as_deref()) {
            (_, None) => "delivered",
            (Some(300..400), _) => "http_3xx",
            (Some(400..500), _) => "http_4xx",
            (Some(_), _) => "http_5xx",
            (None, Some("timeout" | "connect_timeout")) => "timeout",
            (None, Some("address_refused")) => "address_refused",
            (None, Some("dns_failed")) => "dns_failed",
            (None, Some("tls_failed")) => "tls_failed",
            (None, _) => "connection_failed",
        };
        self.attempts.get_or_create(&Outcome { outcome }).inc();
    }

    pub(super) fn delivered(&self, since_queued: Duration) {
        self.seconds.observe(since_queued.as_secs_f64());
    }

    pub(super) fn exhausted(&self) {
        self.exhausted.inc();
    }

    pub(super) fn disabled(&self, is_gone: bool) {
        self.disabled.get_or_create(&Reason { reason: if is_gone { "gone" } else { "failing" } }).inc();
    }

    pub(super) fn expired(&self, count: usize) {
        self.expired.inc_by(count as u64);
    }

    pub(super) fn depth(&self, depth: WebhookDepth) {
        self.waiting.set(depth.waiting);
        self.overdue.set(depth.overdue_seconds);
        self.dropped.set(depth.dropped);
    }
}

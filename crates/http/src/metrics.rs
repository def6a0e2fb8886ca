//! What the edge counts.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

/// Labels of a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    operation: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Timing {
    operation: &'static str,
}

/// Requests by operation and status, and how long they took.
#[derive(Clone)]
pub struct RequestMetrics {
    requests: Family<Request, Counter>,
    seconds: Family<Timing, Histogram, fn() -> Histogram>,
}

impl RequestMetrics {
    /// Registers the metrics.
    pub fn register(registry: &mut Registry) -> Self {
        let buckets: fn() -> Histogram = || Histogram::new(exponential_buckets(0.000_25, 2.0, 14));
        let metrics = Self { requests: Family::default(), seconds: Family::new_with_constructor(buckets) };
        registry.register("pinfold_requests", "Requests answered, by operation and status", metrics.requests.clone());
        registry.register("pinfold_request_seconds", "Time to answer, by operation", metrics.seconds.clone());
        metrics
    }

    /// Counts one answer.
    pub fn count(&self, operation: &'static str, status: u16, took: Duration) {
        self.requests.get_or_create(&Request { operation, status }).inc();
        self.seconds.get_or_create(&Timing { operation }).observe(took.as_secs_f64());
    }
}

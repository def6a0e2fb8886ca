//! How long the functions take, round trip included.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use crate::function::Function;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    function: &'static str,
}

/// Times of the functions in Redis, by name.
#[derive(Debug, Clone)]
pub struct FunctionMetrics {
    seconds: Family<Labels, Histogram, fn() -> Histogram>,
    /// Those of the family that were used, as the functions are numbered: every request observes one.
    by_function: Arc<[OnceLock<Histogram>]>,
}

impl Default for FunctionMetrics {
    fn default() -> Self {
        let seconds: fn() -> Histogram = || Histogram::new(exponential_buckets(0.000_1, 2.0, 14));
        let by_function = (0..Function::COUNT).map(|_| OnceLock::new()).collect();
        Self { seconds: Family::new_with_constructor(seconds), by_function }
    }
}

impl FunctionMetrics {
    /// Registers the metric.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("pinfold_function_seconds", "Round trip of a function in Redis, by name", self.seconds.clone());
    }

    pub(crate) fn observe(&self, function: Function, took: Duration) {
        let of_family = || self.seconds.get_or_create(&Labels { function: function.name() }).clone();
        self.by_function[function as usize].get_or_init(of_family).observe(took.as_secs_f64());
    }
}

//! How much a connection takes, as a client writes it.

use pinfold_core::connection::Traffic;
use pinfold_core::field::{Checks, FieldError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How much a connection takes. What is left out is not limited.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ConnectionTraffic)]
pub(super) struct TrafficBody {
    /// Most messages in a second, over all workers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 10000, example = 50)]
    max_per_second: Option<u32>,
    /// How long one attempt may take, in milliseconds; the operator's default unless it is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 100, maximum = 10000, example = 4000)]
    deadline_ms: Option<u32>,
    /// Most messages on their way at once, in each worker.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 4096, example = 20)]
    max_concurrency: Option<u32>,
}

impl From<Traffic> for TrafficBody {
    fn from(traffic: Traffic) -> Self {
        let Traffic { max_per_second, deadline_ms, max_concurrency } = traffic;
        Self { max_per_second, deadline_ms, max_concurrency }
    }
}

impl TrafficBody {
    /// What it says, with every bound checked.
    pub(super) fn check(self, checks: &mut Checks) -> Traffic {
        let Self { max_per_second, deadline_ms, max_concurrency } = self;
        let fields = [
            ("traffic.maxPerSecond", max_per_second, Traffic::PER_SECOND),
            ("traffic.deadlineMs", deadline_ms, Traffic::DEADLINE_MS),
            ("traffic.maxConcurrency", max_concurrency, Traffic::CONCURRENCY),
        ];
        for (field, given, bounds) in fields {
            if given.is_some_and(|given| !bounds.contains(&given)) {
                let must = format!("must be between {} and {}", bounds.start(), bounds.end());
                checks.push(FieldError::new(field, must));
            }
        }
        Traffic { max_per_second, deadline_ms, max_concurrency }
    }
}

//! What the operator decides about webhooks.

use std::time::Duration;

use pinfold_core::field::{Checks, FieldError, list};
use pinfold_core::span::{DAY_MS, Span};
use pinfold_core::webhook::Schedule;
use pinfold_postgres::WebhookShares;
use serde::Deserialize;

/// The settings of the section `webhooks`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebhookSettings {
    /// Messages on their way at once in this process. What a killed process had on its way may arrive twice; never more.
    pub concurrency: usize,
    /// Messages of one tenant on their way at once, over all processes.
    pub per_tenant: u32,
    /// Messages to one endpoint on their way at once, over all processes; one while it is failing.
    pub per_endpoint: u32,
    /// How long one attempt may take in all, in milliseconds.
    pub timeout_ms: u64,
    /// How long a process may be silent before others take its messages over, in seconds.
    pub lease_seconds: u64,
    /// The waits between attempts; one attempt more than there are waits.
    #[serde(deserialize_with = "list")]
    pub retries: Vec<Span>,
    /// How long an endpoint may take nothing before it is disabled.
    pub disable_after: Span,
    /// How often due messages are looked for when nothing announces them, in milliseconds.
    pub poll_ms: u64,
    /// How long ended messages are shown, in days.
    pub keep_days: u32,
    /// How often PINs that died unverified are looked for, in seconds.
    pub expiry_seconds: u64,
}

fn span(text: &str) -> Span {
    text.parse().expect("a literal span")
}

impl Default for WebhookSettings {
    fn default() -> Self {
        Self {
            concurrency: 256,
            per_tenant: 32,
            per_endpoint: 8,
            timeout_ms: 15_000,
            lease_seconds: 30,
            retries: ["5s", "30s", "2m", "10m", "1h", "4h", "8h", "12h"].map(span).to_vec(),
            disable_after: span("5d"),
            poll_ms: 1_000,
            keep_days: 30,
            expiry_seconds: 10,
        }
    }
}

impl WebhookSettings {
    /// Checks every bound.
    ///
    /// # Errors
    /// Every setting past its bound.
    pub fn check(&self) -> Result<(), Vec<FieldError>> {
        let mut checks = Checks::default();
        let concurrency = (1..=4_096).contains(&self.concurrency);
        checks.require(concurrency, "webhooks.concurrency", "must be between 1 and 4096");
        checks.require((1..=4_096).contains(&self.per_tenant), "webhooks.per_tenant", "must be between 1 and 4096");
        checks.require((1..=256).contains(&self.per_endpoint), "webhooks.per_endpoint", "must be between 1 and 256");
        checks.require((100..=60_000).contains(&self.timeout_ms), "webhooks.timeout_ms", "must be between 100 and 60000");
        let lease = self.lease_seconds <= 600 && self.lease_seconds * 1_000 > self.timeout_ms;
        checks.require(lease, "webhooks.lease_seconds", "must be longer than webhooks.timeout_ms and at most 600");
        let is_wait = |wait: &Span| (1_000..=7 * DAY_MS).contains(&wait.millis());
        let waits = (1..=20).contains(&self.retries.len()) && self.retries.iter().all(is_wait);
        checks.require(waits, "webhooks.retries", "must be 1 to 20 waits between 1s and 7d");
        let patience = (1_000..=30 * DAY_MS).contains(&self.disable_after.millis());
        checks.require(patience, "webhooks.disable_after", "must be between 1s and 30d");
        checks.require((10..=60_000).contains(&self.poll_ms), "webhooks.poll_ms", "must be between 10 and 60000");
        checks.require((1..=365).contains(&self.keep_days), "webhooks.keep_days", "must be between 1 and 365");
        checks.require((1..=3_600).contains(&self.expiry_seconds), "webhooks.expiry_seconds", "must be between 1 and 3600");
        checks.finish()
    }

    pub(super) fn shares(&self) -> WebhookShares {
        WebhookShares { per_tenant: self.per_tenant, per_endpoint: self.per_endpoint }
    }

    pub(super) fn schedule(&self) -> Schedule {
        Schedule(self.retries.iter().map(|wait| Duration::from_millis(wait.millis())).collect())
    }

    pub(super) fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }

    pub(super) fn lease(&self) -> Duration {
        Duration::from_secs(self.lease_seconds)
    }

    pub(super) fn patience(&self) -> Duration {
        Duration::from_millis(self.disable_after.millis())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_hold_and_try_for_more_than_a_day() {
        let settings = WebhookSettings::default();
        assert_eq!(settings.check(), Ok(()));
        assert!(settings.retries.len() + 1 >= 8);
        assert!(settings.retries.iter().map(|wait| wait.millis()).sum::<u64>() >= DAY_MS);
        assert_eq!(settings.timeout_ms, 15_000);
        assert_eq!(settings.disable_after.millis(), 5 * DAY_MS);
    }

    #[test]
    fn a_lease_outlives_an_attempt() {
        let wrong = WebhookSettings { lease_seconds: 15, retries: vec![], ..WebhookSettings::default() };
        let fields: Vec<_> = wrong.check().expect_err("two faults").into_iter().map(|error| error.field).collect();
        assert_eq!(fields, ["webhooks.lease_seconds", "webhooks.retries"]);
    }
}

//! What the operator decides about delivery and recording.

use std::time::Duration;

use pinfold_channels::SimulatorEndpoint;
use pinfold_core::field::{Checks, FieldError};
use pinfold_core::ranking::Rules;
use pinfold_postgres::Window;
use serde::Deserialize;

/// The settings of the section `delivery`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Messages on their way at once in this process, over all tenants. What a killed worker had on its way may arrive
    /// twice, with the same PIN; never more.
    pub concurrency: usize,
    /// Most messages read ahead from one partition.
    pub batch: usize,
    /// How long a worker may be silent before others take its messages over, in seconds.
    pub lease_seconds: u64,
    /// How often a worker says that it still holds a message, in seconds.
    pub heartbeat_seconds: u64,
    /// Most attempts at one message.
    pub max_attempts: u8,
    /// How often a message is handed out without a result before it is given up.
    pub max_hand_outs: u64,
    /// Longest wait before the second attempt, in milliseconds; later ones wait up to four times the one before.
    pub first_retry_ms: u64,
    /// How long one attempt may take in all, in milliseconds.
    pub deadline_ms: u64,
    /// Whether providers may be at loopback and private addresses, and unencrypted.
    pub allow_loopback: bool,
    /// Whether messages of live keys may go to the simulator.
    pub allow_live_simulator: bool,
    /// Most events recorded in one transaction.
    pub record_batch: usize,
    /// How long the recorder waits for a batch to fill, in milliseconds.
    pub record_wait_ms: u64,
    /// How long a recorder may be silent before others take its events over, in seconds.
    pub record_lease_seconds: u64,
    /// Threads of a process that has this role alone.
    pub threads: usize,
    /// How often the depth of the queues is measured, in seconds.
    pub sample_seconds: u64,
    /// How ranked routes are ranked.
    pub ranking: Ranking,
}

/// The settings of the section `delivery.ranking`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ranking {
    /// How often what became of messages is read, in milliseconds.
    pub refresh_ms: u64,
    /// How far back it is read, in seconds.
    pub window_seconds: u64,
    /// After that time, what happened counts half, in seconds.
    pub half_life_seconds: u64,
    /// A message that is younger may still be verified and is not counted yet, in seconds.
    pub ripe_seconds: u64,
    /// The most messages of a tenant that are read, newest first.
    pub most_messages: u32,
    /// The share of messages that goes to each leg which does not lead, in percent.
    pub exploration_percent: u8,
    /// How long a leader stays at least, in seconds.
    pub cooldown_seconds: u64,
}

impl Default for Ranking {
    fn default() -> Self {
        Self {
            refresh_ms: 3_000,
            window_seconds: 1_800,
            half_life_seconds: 180,
            ripe_seconds: 60,
            most_messages: 20_000,
            exploration_percent: 5,
            cooldown_seconds: 60,
        }
    }
}

impl Ranking {
    /// What the rules need of these settings.
    #[must_use]
    pub fn rules(&self) -> Rules {
        Rules {
            half_life_ms: self.half_life_seconds * 1_000,
            exploration: f64::from(self.exploration_percent) / 100.0,
            cooldown_ms: self.cooldown_seconds * 1_000,
            ..Rules::default()
        }
    }

    /// The messages that count at a moment, for a tenant of a partition.
    #[must_use]
    pub fn window(&self, now_ms: u64, partition: u16) -> Window {
        Window {
            now_ms,
            length_ms: self.window_seconds * 1_000,
            ripe_ms: self.ripe_seconds * 1_000,
            most: self.most_messages,
            partition,
        }
    }

    fn check(&self, checks: &mut Checks) {
        let refresh = (100..=60_000).contains(&self.refresh_ms);
        checks.require(refresh, "delivery.ranking.refresh_ms", "must be between 100 and 60000");
        let window = (60..=86_400).contains(&self.window_seconds);
        checks.require(window, "delivery.ranking.window_seconds", "must be between 60 and 86400");
        let half_life = (10..=86_400).contains(&self.half_life_seconds);
        checks.require(half_life, "delivery.ranking.half_life_seconds", "must be between 10 and 86400");
        let ripe = self.ripe_seconds < self.window_seconds;
        checks.require(ripe, "delivery.ranking.ripe_seconds", "must be less than delivery.ranking.window_seconds");
        let most = (100..=1_000_000).contains(&self.most_messages);
        checks.require(most, "delivery.ranking.most_messages", "must be between 100 and 1000000");
        let share = self.exploration_percent <= 12;
        checks.require(share, "delivery.ranking.exploration_percent", "must be at most 12");
        let cooldown = self.cooldown_seconds <= 86_400;
        checks.require(cooldown, "delivery.ranking.cooldown_seconds", "must be at most 86400");
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            concurrency: 128,
            batch: 128,
            lease_seconds: 6,
            heartbeat_seconds: 2,
            max_attempts: 3,
            max_hand_outs: 5,
            first_retry_ms: 1_000,
            deadline_ms: 8_000,
            allow_loopback: false,
            allow_live_simulator: false,
            record_batch: 500,
            record_wait_ms: 100,
            record_lease_seconds: 30,
            threads: 1,
            sample_seconds: 2,
            ranking: Ranking::default(),
        }
    }
}

impl Settings {
    /// Checks every bound.
    ///
    /// # Errors
    /// Every setting past its bound.
    pub fn check(&self) -> Result<(), Vec<FieldError>> {
        let mut checks = Checks::default();
        let concurrency = (1..=4_096).contains(&self.concurrency);
        checks.require(concurrency, "delivery.concurrency", "must be between 1 and 4096");
        checks.require((1..=1_024).contains(&self.batch), "delivery.batch", "must be between 1 and 1024");
        checks.require((2..=600).contains(&self.lease_seconds), "delivery.lease_seconds", "must be between 2 and 600");
        let heartbeat = self.heartbeat_seconds > 0 && self.heartbeat_seconds * 2 <= self.lease_seconds;
        let must = "must be at least 1 and at most half of delivery.lease_seconds";
        checks.require(heartbeat, "delivery.heartbeat_seconds", must);
        checks.require((1..=10).contains(&self.max_attempts), "delivery.max_attempts", "must be between 1 and 10");
        checks.require((1..=100).contains(&self.max_hand_outs), "delivery.max_hand_outs", "must be between 1 and 100");
        let first_retry = (10..=60_000).contains(&self.first_retry_ms);
        checks.require(first_retry, "delivery.first_retry_ms", "must be between 10 and 60000");
        checks.require((100..=10_000).contains(&self.deadline_ms), "delivery.deadline_ms", "must be between 100 and 10000");
        checks.require((1..=500).contains(&self.record_batch), "delivery.record_batch", "must be between 1 and 500");
        checks.require(self.record_wait_ms <= 10_000, "delivery.record_wait_ms", "must be at most 10000");
        let record_lease = (5..=3_600).contains(&self.record_lease_seconds);
        checks.require(record_lease, "delivery.record_lease_seconds", "must be between 5 and 3600");
        checks.require((1..=256).contains(&self.threads), "delivery.threads", "must be between 1 and 256");
        checks.require((1..=60).contains(&self.sample_seconds), "delivery.sample_seconds", "must be between 1 and 60");
        self.ranking.check(&mut checks);
        checks.finish()
    }

    /// What the connectors need of these settings.
    #[must_use]
    pub fn channels(&self, simulator: Option<SimulatorEndpoint>) -> pinfold_channels::Settings {
        pinfold_channels::Settings {
            deadline: Duration::from_millis(self.deadline_ms),
            allow_private_addresses: self.allow_loopback,
            simulator,
            clock: pinfold_http::clock::now_ms,
            receipts: None,
        }
    }

    pub(crate) fn lease(&self) -> Duration {
        Duration::from_secs(self.lease_seconds)
    }

    pub(crate) fn heartbeat(&self) -> Duration {
        Duration::from_secs(self.heartbeat_seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_hold_and_a_heartbeat_must_fit_the_lease() {
        assert_eq!(Settings::default().check(), Ok(()));
        let wrong = Settings { heartbeat_seconds: 4, max_attempts: 0, ..Settings::default() };
        let fields: Vec<_> = wrong.check().expect_err("two faults").into_iter().map(|error| error.field).collect();
        assert_eq!(fields, ["delivery.heartbeat_seconds", "delivery.max_attempts"]);
    }
}

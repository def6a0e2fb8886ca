//! What serves webhooks beside their delivery: notices PINs that died unverified, measures what waits, forgets what is old.

use std::time::Duration;

use pinfold_core::span::DAY_MS;
use pinfold_http::clock::now_ms;
use pinfold_redis::Hot;
use tokio::time::sleep;

use super::Notifier;
use crate::outage::Outage;

/// PINs of one tenant that one look takes.
const EXPIRED_AT_ONCE: u32 = 1_000;
/// Messages of one endpoint that one look forgets.
const PRUNED_AT_ONCE: u32 = 1_000;
/// How much earlier than the oldest unrecorded event a PIN must have died: scripts of that very moment may still end.
const MARGIN_MS: u64 = 1_000;
const MEASURE_EVERY: Duration = Duration::from_secs(10);
const PRUNE_EVERY: Duration = Duration::from_secs(600);

impl Notifier {
    /// Notices PINs that died unverified. A PIN counts as dead only when everything that happened before its
    /// end is recorded: a verification that still waits in Redis is never overlooked.
    pub(super) async fn expire(&self, hot: &Hot, redis: &Outage) {
        let every = Duration::from_secs(self.settings.expiry_seconds);
        loop {
            sleep(every).await;
            let until = match hot.recorded_until_ms().await {
                Ok(until) => until.saturating_sub(MARGIN_MS),
                Err(error) => {
                    redis.begin(&error);
                    continue;
                }
            };
            redis.end();
            match self.database.record_expired(until, EXPIRED_AT_ONCE).await {
                Ok(0) => {}
                Ok(count) => {
                    self.metrics.expired(count);
                    self.nudge.notify_one();
                }
                Err(error) if error.is_unavailable() => self.postgres.begin(&error),
                Err(error) => {
                    let error = &error as &(dyn std::error::Error + 'static);
                    tracing::error!(error, "PINs that died unverified cannot be recorded");
                }
            }
        }
    }

    /// Measures what waits.
    pub(super) async fn measure(&self) {
        loop {
            match self.database.webhook_depth().await {
                Ok(depth) => self.metrics.depth(depth),
                Err(error) => self.postgres.begin(&error),
            }
            sleep(MEASURE_EVERY).await;
        }
    }

    /// Forgets what ended long ago.
    pub(super) async fn prune(&self) {
        loop {
            sleep(PRUNE_EVERY).await;
            let keep_from = now_ms().saturating_sub(u64::from(self.settings.keep_days) * DAY_MS);
            loop {
                match self.database.prune_webhooks(keep_from, PRUNED_AT_ONCE).await {
                    Ok(0) => break,
                    Ok(pruned) => tracing::debug!(pruned, "old webhooks were forgotten"),
                    Err(error) => {
                        self.postgres.begin(&error);
                        break;
                    }
                }
            }
        }
    }
}

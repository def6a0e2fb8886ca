//! What serves webhooks beside their delivery: notices PINs that died unverified, measures what waits, forgets what is old.

use std::time::Duration;

use pinfold_core::event::{Event, Kind};
use pinfold_core::span::DAY_MS;
use pinfold_http::clock::now_ms;
use pinfold_redis::{Error, Hot, Record};
use tokio::time::sleep;

use super::Notifier;
use crate::outage::Outage;

/// PINs of one tenant that one look takes.
const EXPIRED_AT_ONCE: u32 = 1_000;
/// PINs that are recorded together.
const BURIED_AT_ONCE: usize = 500;
/// Messages of one endpoint that one look forgets.
const PRUNED_AT_ONCE: u32 = 1_000;
/// How much earlier than the oldest unrecorded event a PIN must have died: scripts of that very moment may still end.
const MARGIN_MS: u64 = 1_000;
const MEASURE_EVERY: Duration = Duration::from_secs(10);
const PRUNE_EVERY: Duration = Duration::from_secs(600);

impl Notifier {
    /// Notices PINs that died without a recorded end. A PIN counts as dead only when everything that happened before its
    /// end is recorded, and as expired only when its record does not say that it was verified.
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
            match self.database.lapsed(until, EXPIRED_AT_ONCE).await {
                Ok(dead) => self.bury(hot, redis, dead).await,
                Err(error) => self.complain(&error),
            }
        }
    }

    async fn bury(&self, hot: &Hot, redis: &Outage, mut dead: Vec<Event>) {
        dead.sort_by_key(|event| hot.partition(event.tenant));
        for group in dead.chunk_by(|one, other| hot.partition(one.tenant) == hot.partition(other.tenant)) {
            for batch in group.chunks(BURIED_AT_ONCE) {
                let pins: Vec<_> = batch.iter().map(|event| (event.tenant, event.pin)).collect();
                let records = match hot.peek_many(&pins).await {
                    Ok(records) => records,
                    Err(error) => return redis.begin(&error),
                };
                let ends: Vec<Event> = batch.iter().zip(records).map(|(event, record)| end(event, record)).collect();
                let expired = ends.iter().filter(|event| event.kind == Kind::Expired).count();
                match self.database.record_lapsed(ends).await {
                    Ok(()) => {
                        self.metrics.expired(expired);
                        self.nudge.notify_one();
                    }
                    Err(error) => return self.complain(&error),
                }
            }
        }
    }

    fn complain(&self, error: &pinfold_postgres::Error) {
        if error.is_unavailable() {
            return self.postgres.begin(error);
        }
        let error = error as &(dyn std::error::Error + 'static);
        tracing::error!(error, "PINs that died unverified cannot be recorded");
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

/// How a dead PIN ended. That it was verified is told by the process that judged the guess; should it have been killed
/// before it could, the record remembers.
fn end(expired: &Event, record: Option<Result<Record, Error>>) -> Event {
    match record.and_then(Result::ok).and_then(|record| record.verified_ms) {
        Some(at_ms) => Event { kind: Kind::Verified, at_ms, ..expired.clone() },
        None => expired.clone(),
    }
}

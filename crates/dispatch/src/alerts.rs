//! Raises alerts from what is recorded: many failures of one number, a tenant whose checks mostly fail, many locks. Once in an
//! episode; numbers are masked.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use pinfold_core::alert::{AlertKind, WINDOW_MINUTES, of_number};
use pinfold_core::event::{Event, Kind};
use pinfold_core::id::{PinId, TenantId};
use pinfold_core::keys::Digest;
use pinfold_core::spray::Budget;
use pinfold_postgres::{Database, EventId, Snapshots};
use pinfold_redis::{Hot, Watched};
use serde_json::{Value, json};

use crate::metrics::Metrics;

/// An alert of the same kind about the same within that time is the same episode, in seconds.
const QUIET_SECONDS: u32 = 1_800;
/// How often the system of record is told that an episode goes on, in milliseconds.
const AGAIN_MS: u64 = 30_000;
const MINUTE_MS: u64 = 60_000;

/// What an episode is known by; without a number it is about the tenant.
type Episode = (TenantId, AlertKind, Option<Digest>);

/// Watches what is recorded.
pub(crate) struct Watch {
    hot: Hot,
    database: Database,
    snapshots: Snapshots,
    metrics: Metrics,
    /// When an alert was raised last.
    raised: Mutex<HashMap<Episode, u64>>,
}

/// What a batch says of one tenant in one minute.
#[derive(Default)]
struct Batch {
    watched: Watched,
    /// A PIN of each number that failed, by which the number can be found.
    pins: HashMap<Digest, PinId>,
}

impl Watch {
    pub(crate) fn new(hot: Hot, database: Database, snapshots: Snapshots, metrics: Metrics) -> Self {
        Self { hot, database, snapshots, metrics, raised: Mutex::default() }
    }

    /// Looks at what was just recorded. A failure to do so loses an alert and nothing else.
    pub(crate) async fn look(&self, events: &[(EventId, Event)]) {
        for (_, event) in events {
            if let Some(fraud) = &event.detail.fraud {
                self.metrics.decided(fraud.finding.rule, event.kind == Kind::FraudBlocked, fraud.sends);
            }
        }
        for (_, event) in events.iter().filter(|(_, event)| event.kind == Kind::Sprayed) {
            let figures = json!({ "threshold": Budget::default().most });
            if let Err(error) = self.raise(event.tenant, AlertKind::Spraying, "tenant", None, figures, event.at_ms).await {
                tracing::warn!(error = &error as &dyn std::error::Error, tenant.id = %event.tenant, "an alert may be missed");
            }
        }
        for ((tenant, minute), batch) in batches(events) {
            if let Err(error) = self.look_at(tenant, minute * MINUTE_MS, &batch).await {
                tracing::warn!(error = &*error, tenant.id = %tenant, "an alert may be missed");
            }
        }
    }

    async fn look_at(&self, tenant: TenantId, at_ms: u64, batch: &Batch) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let Some(counted) = self.hot.watch(tenant, at_ms, &batch.watched).await? else { return Ok(()) };
        for (kind, figures) in counted.checked.alerts() {
            self.raise(tenant, kind, "tenant", None, figures, at_ms).await?;
        }
        for (number, failures) in counted.numbers {
            let Some((kind, figures)) = of_number(failures) else { continue };
            let about = match batch.pins.get(&number) {
                Some(pin) => self.masked(tenant, *pin).await?,
                None => None,
            };
            self.raise(tenant, kind, about.as_deref().unwrap_or("number"), Some(number), figures, at_ms).await?;
        }
        Ok(())
    }

    /// The number of a PIN, masked.
    async fn masked(&self, tenant: TenantId, pin: PinId) -> Result<Option<String>, Box<dyn std::error::Error + Send + Sync>> {
        let Some(record) = self.hot.peek(tenant, pin).await? else { return Ok(None) };
        let Some(snapshot) = self.snapshots.tenant(tenant).await? else { return Ok(None) };
        let envelope = snapshot.keys.open_envelope(record.key_version, pin, &record.sealed);
        Ok(envelope.ok().map(|envelope| envelope.recipient.masked()))
    }

    async fn raise(
        &self,
        tenant: TenantId,
        kind: AlertKind,
        about: &str,
        number: Option<Digest>,
        mut figures: Value,
        at_ms: u64,
    ) -> Result<(), pinfold_postgres::Error> {
        if !self.is_due((tenant, kind, number), at_ms) {
            return Ok(());
        }
        figures["windowSeconds"] = (WINDOW_MINUTES * 60).into();
        if self.database.raise_alert(tenant, kind.name(), about, number.as_ref(), figures, QUIET_SECONDS).await? {
            self.metrics.raised(kind);
            tracing::warn!(tenant.id = %tenant, alert = kind.name(), about, "an alert was raised");
        }
        Ok(())
    }

    fn is_due(&self, alert: Episode, at_ms: u64) -> bool {
        let mut raised = self.raised.lock().unwrap_or_else(PoisonError::into_inner);
        raised.retain(|_, last_ms| *last_ms + AGAIN_MS > at_ms);
        match raised.entry(alert) {
            std::collections::hash_map::Entry::Occupied(_) => false,
            std::collections::hash_map::Entry::Vacant(free) => {
                free.insert(at_ms);
                true
            }
        }
    }
}

/// What events say of checks, by tenant and minute.
fn batches(events: &[(EventId, Event)]) -> BTreeMap<(TenantId, u64), Batch> {
    let mut batches: BTreeMap<_, Batch> = BTreeMap::new();
    for (_, event) in events {
        if !matches!(event.kind, Kind::Wrong | Kind::Exhausted | Kind::Verified | Kind::Locked) {
            continue;
        }
        // Tests guess wrong on purpose.
        if event.detail.facts.as_ref().is_some_and(|facts| facts.is_test) {
            continue;
        }
        let batch = batches.entry((event.tenant, event.at_ms / MINUTE_MS)).or_default();
        match event.kind {
            Kind::Verified => batch.watched.checked.right += 1,
            Kind::Locked => batch.watched.checked.locks += 1,
            _ => {
                batch.watched.checked.failed += 1;
                *batch.watched.numbers.entry(event.subject).or_default() += 1;
                batch.pins.insert(event.subject, event.pin);
            }
        }
    }
    batches
}

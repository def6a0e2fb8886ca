//! Tells tenants what happened: takes webhooks that are due, delivers them, and settles what became of them.
//!
//! One loop asks PostgreSQL; attempts run beside it. How many may be on their way to one endpoint and of one tenant is kept
//! by PostgreSQL over all notifiers, so a receiver that takes its time holds up nothing but its own messages. A message
//! leaves the outbox when its attempt is settled; a notifier that dies loses nothing, its messages are taken again when
//! their leases are over.

mod attempt;
mod eight_x_eight;
mod metrics;
mod settings;
mod upkeep;
mod vonage;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use pinfold_channels::Callbacks;
use pinfold_core::id::TenantId;
use pinfold_core::webhook::Schedule;
use pinfold_postgres::{Database, SettledWebhook, Snapshots, WebhookChange, WebhookLease};
use pinfold_redis::Hot;
use prometheus_client::registry::Registry;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::outage::Outage;
use metrics::Metrics;

pub use settings::WebhookSettings;

/// How long a stop waits for attempts under way. What is cut off is attempted again by others.
const GRACE: Duration = Duration::from_secs(8);
/// The wait after PostgreSQL did not answer.
const AFTER_FAILURE: Duration = Duration::from_millis(500);

/// The notifier.
pub(crate) struct Notifier {
    database: Database,
    snapshots: Snapshots,
    hot: Hot,
    callbacks: Callbacks,
    settings: WebhookSettings,
    schedule: Schedule,
    metrics: Metrics,
    postgres: Outage,
    holder: WebhookLease,
    /// Told by recorders of this process that there may be something to do.
    pub(crate) nudge: Arc<Notify>,
}

/// What attempts came to and is not settled yet.
type Ended = HashMap<TenantId, Vec<SettledWebhook>>;

impl Notifier {
    pub(crate) fn new(
        database: Database,
        snapshots: Snapshots,
        hot: Hot,
        settings: WebhookSettings,
        allow_loopback: bool,
        registry: &mut Registry,
    ) -> Self {
        if allow_loopback {
            tracing::warn!("providers and webhooks may be at loopback and private addresses: delivery.allow_loopback is on");
        }
        Self {
            database,
            snapshots,
            hot,
            callbacks: Callbacks::new(settings.timeout(), allow_loopback),
            schedule: settings.schedule(),
            settings,
            metrics: Metrics::register(registry),
            postgres: Outage::new("PostgreSQL"),
            holder: WebhookLease::random(),
            nudge: Arc::default(),
        }
    }

    /// Settles what ended, tenant by tenant. What PostgreSQL does not take now stays in `ended`; says whether all is taken.
    async fn settle(&self, ended: &mut Ended) -> bool {
        let tenants: Vec<TenantId> = ended.keys().copied().collect();
        for tenant in tenants {
            let batch = &ended[&tenant];
            match self.database.settle_webhooks(tenant, self.holder, batch, self.settings.patience()).await {
                Ok(changes) => changes.iter().for_each(|change| self.note(tenant, change)),
                Err(error) if error.is_unavailable() => {
                    self.postgres.begin(&error);
                    return false;
                }
                Err(error) => {
                    let error = &error as &(dyn std::error::Error + 'static);
                    tracing::error!(error, tenant.id = %tenant, "what became of webhooks cannot be recorded");
                }
            }
            ended.remove(&tenant);
        }
        true
    }

    fn note(&self, tenant: TenantId, change: &WebhookChange) {
        let endpoint = change.endpoint();
        if change.change == "exhausted" {
            self.metrics.exhausted();
            tracing::info!(tenant.id = %tenant, endpoint.id = %endpoint, "a webhook was given up");
        } else {
            self.metrics.disabled(change.change == "gone");
            tracing::warn!(tenant.id = %tenant, endpoint.id = %endpoint, reason = change.change, "an endpoint was disabled");
        }
    }
}

/// Notifies until `soft`, then finishes what is under way. `hard` abandons everything.
pub(crate) async fn run(
    notifier: Arc<Notifier>,
    hot: Hot,
    soft: CancellationToken,
    hard: CancellationToken,
    tracker: TaskTracker,
) {
    let redis = Outage::new("Redis");
    let upkeep = async { tokio::join!(notifier.expire(&hot, &redis), notifier.measure(), notifier.prune()) };
    tokio::join!(
        // All of it may be cut off: what was not done now is done next time.
        soft.run_until_cancelled(upkeep),
        deliver(Arc::clone(&notifier), soft.clone(), hard, tracker),
    );
}

async fn deliver(notifier: Arc<Notifier>, soft: CancellationToken, hard: CancellationToken, tracker: TaskTracker) {
    let Notifier { database, settings, postgres, nudge, .. } = &*notifier;
    let mut under_way = FuturesUnordered::new();
    let mut ended = Ended::default();
    let mut stop_by = None;
    loop {
        let is_settled = notifier.settle(&mut ended).await;
        if soft.is_cancelled() {
            let until = *stop_by.get_or_insert_with(|| Instant::now() + GRACE);
            if under_way.is_empty() && is_settled || Instant::now() >= until {
                return;
            }
        } else if is_settled && under_way.len() < settings.concurrency {
            let free = settings.concurrency - under_way.len();
            // A stop does not wait for PostgreSQL; what it may have handed out meanwhile is handed out again.
            let take = database.take_webhooks(notifier.holder, free, settings.shares(), settings.lease());
            match soft.run_until_cancelled(take).await {
                None => continue,
                Some(Ok(taken)) => {
                    postgres.end();
                    for taken in taken {
                        let (notifier, tenant) = (Arc::clone(&notifier), taken.tenant());
                        let attempt = async move { (tenant, notifier.attempt(taken).await) };
                        under_way.push(tracker.spawn(hard.clone().run_until_cancelled_owned(attempt)));
                    }
                }
                Some(Err(error)) => postgres.begin(&error),
            }
        }
        let patience = if is_settled { Duration::from_millis(settings.poll_ms) } else { AFTER_FAILURE };
        tokio::select! {
            Some(first) = under_way.next() => {
                keep(first, &mut ended);
                // Those that ended in the same moment are settled together.
                while let Ok(Some(next)) = timeout_at(Instant::now(), under_way.next()).await {
                    keep(next, &mut ended);
                }
            }
            () = nudge.notified(), if !soft.is_cancelled() => {}
            () = soft.cancelled(), if !soft.is_cancelled() => {}
            () = sleep(patience) => {}
        }
    }
}

type Finished = Result<Option<(TenantId, Option<SettledWebhook>)>, tokio::task::JoinError>;

fn keep(finished: Finished, ended: &mut Ended) {
    match finished {
        Ok(Some((tenant, Some(settled)))) => ended.entry(tenant).or_default().push(settled),
        Ok(_) => {}
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => {}
    }
}

//! Keeping the configurations current. One connection of its own listens and polls, so that neither a busy pool nor a
//! lost notification delays a change.

use std::collections::HashSet;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use diesel::sql_types::{Array, BigInt, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures::StreamExt;
use pinfold_core::id::TenantId;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};
use uuid::Uuid;

use super::{Inner, Stats};
use crate::Error;

/// How long to wait before another try to connect.
const RECONNECT: Duration = Duration::from_millis(500);
/// How many configurations are read at once.
const REFRESHED_AT_ONCE: usize = 4;

#[derive(diesel::QueryableByName)]
struct Version {
    #[diesel(sql_type = SqlUuid)]
    tenant_id: Uuid,
    #[diesel(sql_type = BigInt)]
    version: i64,
}

/// Listens and polls, for ever.
pub(super) async fn watch(inner: &Inner) {
    loop {
        let error = match follow(inner).await {
            Ok(never) => match never {},
            Err(error) => error,
        };
        if !inner.is_degraded.swap(true, Ordering::Relaxed) {
            let error: &(dyn std::error::Error + 'static) = &error;
            tracing::warn!(error, "configurations are not confirmed any more; those known stay in use");
        }
        sleep(RECONNECT).await;
    }
}

async fn follow(inner: &Inner) -> Result<std::convert::Infallible, Error> {
    let connector = inner.database.connector.clone();
    // On the runtime that outlives every caller's, as all connections.
    let made = inner.database.spawn(async move { connector.connect().await });
    let mut connection = made.await.map_err(|_| Error::Interrupted)??;
    connection.batch_execute("LISTEN pinfold_config").await?;
    let mut ticks = interval(inner.poll);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut swept = Instant::now();
    loop {
        let notified = {
            let mut notifications = std::pin::pin!(connection.notifications_stream());
            tokio::select! {
                notification = notifications.next() => Some(notification),
                _ = ticks.tick() => None,
            }
        };
        match notified {
            Some(Some(notification)) => announce(inner, &notification?.payload),
            Some(None) => return Err(Error::Away("the connection that listens was closed".into())),
            None => {
                timeout(inner.deadline, poll(inner, &mut connection)).await.map_err(|_| Error::TimedOut)??;
                if inner.is_degraded.swap(false, Ordering::Relaxed) {
                    tracing::info!("configurations are confirmed again");
                }
                if swept.elapsed() >= inner.idle {
                    swept = Instant::now();
                    inner.shelf.remove_unused();
                }
            }
        }
    }
}

fn announce(inner: &Inner, payload: &str) {
    Stats::count(&inner.stats.notifications);
    inner.forget_absences();
    if let Ok(tenant) = payload.parse::<Uuid>() {
        inner.mark_changed(tenant.into());
    }
}

/// Compares the versions of what is known with PostgreSQL's.
async fn poll(inner: &Inner, connection: &mut AsyncPgConnection) -> Result<(), Error> {
    let (asked_ms, known) = (inner.now_ms(), inner.shelf.tenants());
    let ids: Vec<Uuid> = known.iter().map(|tenant| Uuid::from(*tenant)).collect();
    let query = diesel::sql_query("SELECT tenant_id, version FROM config_versions_of($1)").bind::<Array<SqlUuid>, _>(ids);
    let versions: Vec<Version> = query.load(connection).await?;
    let mut gone: HashSet<TenantId> = known.into_iter().collect();
    for Version { tenant_id, version } in versions {
        let tenant = TenantId::from(tenant_id);
        gone.remove(&tenant);
        if !inner.shelf.confirm(tenant, version, asked_ms) && inner.mark_changed(tenant) {
            Stats::count(&inner.stats.missed_notifications);
        }
    }
    for tenant in gone {
        inner.shelf.remove(tenant);
    }
    inner.heard_ms.store(asked_ms, Ordering::Relaxed);
    Stats::count(&inner.stats.confirmations);
    Ok(())
}

/// Reads again what changed, for ever. What fails is found again by the next poll.
pub(super) async fn refresh(inner: &Inner) {
    loop {
        inner.has_changed.notified().await;
        let changed = std::mem::take(&mut *inner.changed.lock().unwrap_or_else(PoisonError::into_inner));
        let read = |tenant| async move {
            if let Err(error) = inner.load(tenant).await {
                Stats::count(&inner.stats.failed_loads);
                let error: &(dyn std::error::Error + 'static) = &error;
                tracing::warn!(tenant.id = %tenant, error, "a changed configuration could not be read");
            }
        };
        futures::stream::iter(changed).for_each_concurrent(REFRESHED_AT_ONCE, read).await;
    }
}

impl Inner {
    /// Notes that the copy of a known tenant is old; `false` when it is not known or noted already.
    fn mark_changed(&self, tenant: TenantId) -> bool {
        let is_new = self.shelf.holds(tenant) && self.changed.lock().unwrap_or_else(PoisonError::into_inner).insert(tenant);
        if is_new {
            self.has_changed.notify_one();
        }
        is_new
    }
}

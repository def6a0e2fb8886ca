//! Tenants' configurations in this process. A known one costs a look into memory; an unknown one is read once, however
//! many ask; a changed one is replaced as a whole; and while PostgreSQL is away, those known stay in use for a while.

mod absent;
mod flight;
mod load;
mod shelf;
mod snapshot;
mod stats;
mod watch;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pinfold_core::access::ApiKey;
use pinfold_core::id::TenantId;
use pinfold_core::keys::MasterKey;
use tokio::sync::{Notify, Semaphore};
use tokio::time::Instant;

use self::absent::Absent;
use self::flight::{Flight, Wanted};
pub(crate) use self::load::open_keys;
use self::shelf::Shelf;
pub use self::snapshot::{Snapshot, built_in_id};
pub use self::stats::Stats;
use crate::{Database, Error, Settings};

/// The configuration cannot be read now, and no recent one is known: worth a `503` and another try.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the configuration is unavailable")]
pub struct Unavailable(#[source] pub Arc<Error>);

impl From<Error> for Unavailable {
    fn from(error: Error) -> Self {
        Self(Arc::new(error))
    }
}

/// The configurations known to this process.
#[derive(Clone)]
pub struct Snapshots(Arc<Inner>);

struct Inner {
    database: Database,
    master: Arc<MasterKey>,
    shelf: Shelf,
    absent_keys: Absent<[u8; 32]>,
    absent_tenants: Absent<TenantId>,
    flights: Mutex<HashMap<Wanted, Flight>>,
    /// Cold reads leave half of the pool to everybody else.
    cold: Semaphore,
    /// Tenants whose copy is known to be old.
    changed: Mutex<HashSet<TenantId>>,
    has_changed: Notify,
    is_degraded: AtomicBool,
    /// When PostgreSQL was last heard of, in milliseconds since `start`.
    heard_ms: AtomicU64,
    start: Instant,
    stale_ms: u64,
    poll: Duration,
    idle: Duration,
    deadline: Duration,
    stats: Stats,
}

impl std::fmt::Debug for Snapshots {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshots")
            .field("is_degraded", &self.is_degraded())
            .field("stats", &self.0.stats)
            .finish_non_exhaustive()
    }
}

impl Snapshots {
    /// No configuration yet: each is read when it is first asked for.
    #[must_use]
    pub fn new(database: Database, master: Arc<MasterKey>, settings: &Settings) -> Self {
        let half_of_the_pool = usize::try_from(settings.pool_size / 2).unwrap_or(1).max(1);
        Self(Arc::new(Inner {
            database,
            master,
            shelf: Shelf::default(),
            absent_keys: Absent::default(),
            absent_tenants: Absent::default(),
            flights: Mutex::default(),
            cold: Semaphore::new(half_of_the_pool),
            changed: Mutex::default(),
            has_changed: Notify::new(),
            is_degraded: AtomicBool::new(false),
            heard_ms: AtomicU64::new(0),
            start: Instant::now(),
            stale_ms: settings.stale_seconds.saturating_mul(1_000),
            poll: Duration::from_millis(settings.poll_interval_ms),
            idle: Duration::from_secs(settings.idle_seconds),
            deadline: settings.operation_timeout(),
            stats: Stats::default(),
        }))
    }

    /// The API key with this hash, and its tenant's configuration, if both are known already: a look into memory.
    /// `None` says nothing; ask [`Self::find_key`] then.
    #[must_use]
    pub fn peek_key(&self, hash: &[u8; 32]) -> Option<(Arc<Snapshot>, Arc<ApiKey>)> {
        self.look_for_key(hash).inspect(|_| Stats::count(&self.0.stats.hits))
    }

    fn look_for_key(&self, hash: &[u8; 32]) -> Option<(Arc<Snapshot>, Arc<ApiKey>)> {
        self.0.shelf.key(hash, self.0.now_ms(), self.0.stale_ms)
    }

    /// The API key with this hash, and its tenant's configuration. A key that is expired or switched off is found too.
    ///
    /// # Errors
    /// [`Unavailable`].
    pub async fn find_key(&self, hash: &[u8; 32]) -> Result<Option<(Arc<Snapshot>, Arc<ApiKey>)>, Unavailable> {
        if let Some(found) = self.peek_key(hash) {
            return Ok(Some(found));
        }
        Stats::count(&self.0.stats.misses);
        if self.0.absent_keys.contains(hash) {
            Stats::count(&self.0.stats.absent);
            return Ok(None);
        }
        self.fetch(Wanted::Key(*hash)).await?;
        Ok(self.look_for_key(hash))
    }

    /// A tenant's configuration, if it is known already: a look into memory. `None` says nothing.
    #[must_use]
    pub fn peek_tenant(&self, tenant: TenantId) -> Option<Arc<Snapshot>> {
        self.look_for_tenant(tenant).inspect(|_| Stats::count(&self.0.stats.hits))
    }

    fn look_for_tenant(&self, tenant: TenantId) -> Option<Arc<Snapshot>> {
        let now = self.0.now_ms();
        self.0.shelf.with_tenant(tenant, |slot| slot.fresh(now, self.0.stale_ms))
    }

    /// A tenant's configuration.
    ///
    /// # Errors
    /// [`Unavailable`].
    pub async fn tenant(&self, tenant: TenantId) -> Result<Option<Arc<Snapshot>>, Unavailable> {
        if let Some(found) = self.peek_tenant(tenant) {
            return Ok(Some(found));
        }
        Stats::count(&self.0.stats.misses);
        if self.0.absent_tenants.contains(&tenant) {
            Stats::count(&self.0.stats.absent);
            return Ok(None);
        }
        self.fetch(Wanted::Tenant(tenant)).await?;
        Ok(self.look_for_tenant(tenant))
    }

    /// The newest configuration that can be had: `known` itself when there is no newer one, here or in PostgreSQL, or PostgreSQL is
    /// away or slow.
    ///
    /// For what a request names and `known` lacks: it may have been created a moment ago, by way of another process.
    pub async fn newest(&self, known: Arc<Snapshot>) -> Arc<Snapshot> {
        let _ = self.newer_than(&known).await;
        self.look_for_tenant(known.tenant).filter(|found| found.version > known.version).unwrap_or(known)
    }

    /// A newer configuration than `known`, or `None` when there was none at the time of asking.
    ///
    /// # Errors
    /// [`Unavailable`]: nobody knows whether there is one.
    pub async fn newer_than(&self, known: &Snapshot) -> Result<Option<Arc<Snapshot>>, Unavailable> {
        // PostgreSQL is asked even if a newer one came here meanwhile: that may not be the newest either.
        if self.is_degraded() {
            return Err(Error::Away("it did not answer when it was last asked".into()).into());
        }
        let (inner, tenant, version) = (Arc::clone(&self.0), known.tenant, known.version);
        let look = self.0.database.spawn(async move {
            let look = async {
                let _permit = inner.cold.acquire().await.map_err(|_| Error::Interrupted)?;
                if load::version(&inner.database, tenant).await?.is_some_and(|current| current > version) {
                    inner.load(tenant).await?;
                }
                Ok::<(), Error>(())
            };
            tokio::time::timeout(inner.deadline, look).await.unwrap_or(Err(Error::TimedOut))
        });
        look.await.unwrap_or(Err(Error::Interrupted)).inspect_err(|error| {
            Stats::count(&self.0.stats.failed_loads);
            tracing::warn!(error = error as &(dyn std::error::Error + 'static), "a newer configuration could not be read");
        })?;
        Ok(self.look_for_tenant(known.tenant).filter(|found| found.version > known.version))
    }

    /// What was counted.
    #[must_use]
    pub fn stats(&self) -> &Stats {
        &self.0.stats
    }

    /// Whether PostgreSQL did not answer when it was last asked: what is known stays in use, nothing new is read.
    #[must_use]
    pub fn is_degraded(&self) -> bool {
        self.0.is_degraded.load(Ordering::Relaxed)
    }

    /// How long ago PostgreSQL last confirmed what is known.
    #[must_use]
    pub fn confirmed_ago(&self) -> Duration {
        Duration::from_millis(self.0.now_ms().saturating_sub(self.0.heard_ms.load(Ordering::Relaxed)))
    }

    /// How many tenants' configurations are known.
    #[must_use]
    pub fn known(&self) -> usize {
        self.0.shelf.tenants().len()
    }

    /// Keeps the configurations current until `stop`: listens, polls, reads changed ones again.
    pub fn run(&self, stop: tokio_util::sync::CancellationToken) -> impl Future<Output = ()> + Send + 'static {
        let inner = Arc::clone(&self.0);
        async move {
            let work = async { tokio::join!(watch::watch(&inner), watch::refresh(&inner)) };
            tokio::select! {
                () = stop.cancelled() => {}
                _ = work => {}
            }
        }
    }
}

impl Inner {
    fn now_ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Forgets what was absent: something was added, and it may be that.
    fn forget_absences(&self) {
        self.absent_keys.clear();
        self.absent_tenants.clear();
    }
}

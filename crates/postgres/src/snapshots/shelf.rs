//! Where the configurations stand: found by tenant and by the hash of an API key, replaced as a whole.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use pinfold_core::access::ApiKey;
use pinfold_core::id::{IdMap, TenantId};

use super::Snapshot;

/// One tenant's configuration, and when PostgreSQL last confirmed it.
pub(super) struct Slot {
    snapshot: Arc<Snapshot>,
    confirmed_ms: AtomicU64,
    is_used: AtomicBool,
}

impl Slot {
    pub(super) fn new(snapshot: Snapshot, confirmed_ms: u64) -> Self {
        Self { snapshot: Arc::new(snapshot), confirmed_ms: AtomicU64::new(confirmed_ms), is_used: AtomicBool::new(true) }
    }

    /// The configuration, unless it was confirmed too long ago.
    pub(super) fn fresh(&self, now_ms: u64, stale_ms: u64) -> Option<Arc<Snapshot>> {
        if now_ms.saturating_sub(self.confirmed_ms.load(Ordering::Relaxed)) > stale_ms {
            return None;
        }
        // Read first: writing would pull the cache line from every other processor on every look.
        if !self.is_used.load(Ordering::Relaxed) {
            self.is_used.store(true, Ordering::Relaxed);
        }
        Some(Arc::clone(&self.snapshot))
    }

    fn confirm(&self, at_ms: u64) {
        self.confirmed_ms.fetch_max(at_ms, Ordering::Relaxed);
    }
}

const SHARDS: usize = 64;

type Shard<const N: usize, V> = RwLock<IdMap<[u8; N], V>>;

/// A map whose keys are random, split so that writers stop few readers.
struct Shards<const N: usize, V>([Shard<N, V>; SHARDS]);

impl<const N: usize, V> Default for Shards<N, V> {
    fn default() -> Self {
        Self(std::array::from_fn(|_| RwLock::default()))
    }
}

impl<const N: usize, V> Shards<N, V> {
    fn shard(&self, key: &[u8; N]) -> &Shard<N, V> {
        &self.0[usize::from(key[0]) % SHARDS]
    }

    fn with<T>(&self, key: &[u8; N], look: impl FnOnce(&V) -> Option<T>) -> Option<T> {
        self.shard(key).read().unwrap_or_else(PoisonError::into_inner).get(key).and_then(look)
    }

    fn insert(&self, key: [u8; N], value: V) {
        self.shard(&key).write().unwrap_or_else(PoisonError::into_inner).insert(key, value);
    }

    fn remove(&self, key: &[u8; N]) -> Option<V> {
        self.shard(key).write().unwrap_or_else(PoisonError::into_inner).remove(key)
    }
}

/// All configurations that are known.
#[derive(Default)]
pub(super) struct Shelf {
    tenants: Shards<16, Arc<Slot>>,
    /// Each key beside the configuration it stands in, so that one look gives both.
    keys: Shards<32, (Arc<Slot>, Arc<ApiKey>)>,
    /// Held by whoever changes the shelf, so that a configuration and its keys change together. Readers do not wait.
    changing: Mutex<()>,
}

impl Shelf {
    pub(super) fn with_tenant<T>(&self, tenant: TenantId, look: impl FnOnce(&Arc<Slot>) -> Option<T>) -> Option<T> {
        self.tenants.with(tenant.as_bytes(), look)
    }

    /// A key and the configuration it stands in, unless that was confirmed too long ago.
    pub(super) fn key(&self, hash: &[u8; 32], now_ms: u64, stale_ms: u64) -> Option<(Arc<Snapshot>, Arc<ApiKey>)> {
        self.keys.with(hash, |(slot, key)| Some((slot.fresh(now_ms, stale_ms)?, Arc::clone(key))))
    }

    /// Puts a configuration in the place of an older one. One that was read before the present one is dropped.
    pub(super) fn put(&self, slot: Slot) {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = Arc::new(slot);
        let tenant = slot.snapshot.tenant;
        let old = self.with_tenant(tenant, |old| Some(Arc::clone(old)));
        if let Some(old) = &old
            && old.snapshot.version >= slot.snapshot.version
        {
            if old.snapshot.version == slot.snapshot.version {
                old.confirm(slot.confirmed_ms.load(Ordering::Relaxed));
            }
            return;
        }
        self.tenants.insert(*tenant.as_bytes(), Arc::clone(&slot));
        for (hash, key) in &slot.snapshot.api_keys {
            self.keys.insert(*hash, (Arc::clone(&slot), Arc::clone(key)));
        }
        for hash in old.iter().flat_map(|old| old.snapshot.api_keys.keys()) {
            if !slot.snapshot.api_keys.contains_key(hash) {
                self.keys.remove(hash);
            }
        }
    }

    /// Removes a tenant's configuration.
    pub(super) fn remove(&self, tenant: TenantId) {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(old) = self.tenants.remove(tenant.as_bytes()) {
            for hash in old.snapshot.api_keys.keys() {
                self.keys.remove(hash);
            }
        }
    }

    /// Notes that PostgreSQL had `version` at `at_ms`; `false` when that is not the version that stands here.
    pub(super) fn confirm(&self, tenant: TenantId, version: i64, at_ms: u64) -> bool {
        let confirmed = self.with_tenant(tenant, |slot| {
            let is_current = slot.snapshot.version >= version;
            if is_current {
                slot.confirm(at_ms);
            }
            Some(is_current)
        });
        confirmed.unwrap_or(true)
    }

    /// The tenants whose configuration stands here.
    pub(super) fn tenants(&self) -> Vec<TenantId> {
        let shards = self.tenants.0.iter().map(|shard| shard.read().unwrap_or_else(PoisonError::into_inner));
        shards.flat_map(|shard| shard.keys().copied().map(TenantId::from_bytes).collect::<Vec<_>>()).collect()
    }

    /// Whether a tenant's configuration stands here.
    pub(super) fn holds(&self, tenant: TenantId) -> bool {
        self.with_tenant(tenant, |_| Some(())).is_some()
    }

    /// Removes what nobody looked at since the last call.
    pub(super) fn remove_unused(&self) {
        for tenant in self.tenants() {
            let was_used = self.with_tenant(tenant, |slot| Some(slot.is_used.swap(false, Ordering::Relaxed)));
            if was_used == Some(false) {
                self.remove(tenant);
            }
        }
    }
}

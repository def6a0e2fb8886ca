//! Reading a configuration that is not known: once for all who ask at the same moment, in a task of its own, so that
//! one who stops waiting takes nothing from the others.

use std::sync::{Arc, PoisonError};

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use pinfold_core::id::TenantId;

use super::shelf::Slot;
use super::{Inner, Snapshots, Stats, Unavailable, load};
use crate::Error;

/// What is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Wanted {
    /// The tenant whose key has this hash.
    Key([u8; 32]),
    /// This tenant.
    Tenant(TenantId),
}

/// A reading that others may join.
pub(super) type Flight = Shared<BoxFuture<'static, Result<(), Unavailable>>>;

/// Takes a flight off the list when it ends, whichever way.
struct Landing(Arc<Inner>, Wanted);

impl Drop for Landing {
    fn drop(&mut self) {
        self.0.flights.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}

impl Snapshots {
    /// Reads what is wanted and puts it on the shelf, or remembers that it is not there.
    pub(super) async fn fetch(&self, wanted: Wanted) -> Result<(), Unavailable> {
        if self.is_degraded() {
            // Waiting for the pool to give up would only hold the caller.
            Stats::count(&self.0.stats.unavailable);
            return Err(Error::Away("it did not answer when it was last asked".into()).into());
        }
        let flight = {
            let mut flights = self.0.flights.lock().unwrap_or_else(PoisonError::into_inner);
            flights.entry(wanted).or_insert_with(|| Inner::launch(&self.0, wanted)).clone()
        };
        flight.await.inspect_err(|_| Stats::count(&self.0.stats.unavailable))
    }
}

impl Inner {
    fn launch(this: &Arc<Self>, wanted: Wanted) -> Flight {
        let landing = Landing(Arc::clone(this), wanted);
        let task = this.database.spawn(async move {
            let inner = Arc::clone(&landing.0);
            let found = tokio::time::timeout(inner.deadline, inner.find(wanted)).await.unwrap_or(Err(Error::TimedOut));
            if let Err(error) = &found {
                Stats::count(&inner.stats.failed_loads);
                tracing::warn!(error = error as &(dyn std::error::Error + 'static), "a configuration could not be read");
            }
            drop(landing);
            found.map_err(Unavailable::from)
        });
        async move { task.await.unwrap_or_else(|_| Err(Error::Interrupted.into())) }.boxed().shared()
    }

    async fn find(&self, wanted: Wanted) -> Result<(), Error> {
        // Taken before looking: an absence found while something changed is not believed.
        let (keys, tenants) = (self.absent_keys.generation(), self.absent_tenants.generation());
        let _permit = self.cold.acquire().await.map_err(|_| Error::Interrupted)?;
        match wanted {
            Wanted::Key(hash) => match load::tenant_of_key(&self.database, hash).await? {
                Some(tenant) => self.load(tenant).await.map(drop),
                None => {
                    self.absent_keys.remember(hash, keys);
                    Ok(())
                }
            },
            Wanted::Tenant(tenant) => {
                if !self.load(tenant).await? {
                    self.absent_tenants.remember(tenant, tenants);
                }
                Ok(())
            }
        }
    }

    /// Reads a tenant's configuration and puts it on the shelf; `false` when there is no such tenant.
    pub(super) async fn load(&self, tenant: TenantId) -> Result<bool, Error> {
        let asked_ms = self.now_ms();
        Stats::count(&self.stats.loads);
        match load::read(&self.database, &self.master, tenant, &self.stats).await? {
            Some(snapshot) => {
                self.shelf.put(Slot::new(snapshot, asked_ms));
                Ok(true)
            }
            None => {
                self.shelf.remove(tenant);
                Ok(false)
            }
        }
    }
}

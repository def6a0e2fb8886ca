//! Whether a configuration that lacks something is older than the message: what was configured just before a send must
//! be found. One question at a time, and its answer serves all messages accepted before it was asked, so that a tenant
//! without a route does not put a query on every message.

use std::collections::HashMap;
use std::sync::Arc;

use pinfold_core::id::TenantId;
use pinfold_postgres::{Snapshot, Unavailable};
use tokio::sync::Mutex;

use crate::worker::Worker;

/// How far this worker's idea of Redis' clock may be ahead.
const MARGIN_MS: u64 = 100;
/// How many tenants' answers are remembered.
const MOST: usize = 10_000;

/// What was asked last, by tenant: the version that was the newest then, and when.
#[derive(Default)]
pub(crate) struct Newest(Mutex<HashMap<TenantId, (i64, u64)>>);

impl Newest {
    /// A newer configuration than `known`, for a message of `accepted_ms`.
    ///
    /// # Errors
    /// [`Unavailable`]: the message's configuration is not known, so nothing may be decided by it.
    pub(crate) async fn than(
        &self,
        worker: &Worker,
        known: &Snapshot,
        accepted_ms: u64,
    ) -> Result<Option<Arc<Snapshot>>, Unavailable> {
        let mut asked = self.0.lock().await;
        if asked.get(&known.tenant).is_some_and(|(version, at_ms)| *version == known.version && accepted_ms < *at_ms) {
            return Ok(None);
        }
        let at_ms = worker.clock.now_ms().saturating_sub(MARGIN_MS);
        let newer = worker.snapshots.newer_than(known).await?;
        if newer.is_none() {
            if asked.len() >= MOST {
                asked.clear();
            }
            asked.insert(known.tenant, (known.version, at_ms));
        }
        Ok(newer)
    }
}

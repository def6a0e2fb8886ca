//! Which API keys were used, to the minute. Kept in memory and recorded in batches: no request waits for it.

use std::sync::{Mutex, PoisonError};

use pinfold_core::id::{ApiKeyId, IdMap, TenantId};

const MINUTE_MS: u64 = 60_000;

type Uses = IdMap<(TenantId, ApiKeyId), u64>;

/// Keys and the minutes in which they were last used, since somebody last asked.
#[derive(Debug, Default)]
pub struct KeyUses(Mutex<Uses>);

impl KeyUses {
    /// Notes a use.
    pub fn note(&self, tenant: TenantId, key: ApiKeyId, now_ms: u64) {
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        uses.insert((tenant, key), now_ms / MINUTE_MS * MINUTE_MS);
    }

    /// Takes what was noted since the last time.
    #[must_use]
    pub fn take(&self) -> Vec<(TenantId, ApiKeyId, u64)> {
        let uses = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        uses.into_iter().map(|((tenant, key), at)| (tenant, key, at)).collect()
    }

    /// Gives back what could not be recorded; what was noted meanwhile is newer.
    pub fn give_back(&self, uses: Vec<(TenantId, ApiKeyId, u64)>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (tenant, key, at) in uses {
            known.entry((tenant, key)).or_insert(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_use_counts_and_is_told_once() {
        let (uses, tenant, key) = (KeyUses::default(), TenantId::random(), ApiKeyId::random());
        uses.note(tenant, key, 60_001);
        uses.note(tenant, key, 119_999);
        let taken = uses.take();
        assert_eq!(taken, [(tenant, key, 60_000)]);
        assert!(uses.take().is_empty());
        uses.note(tenant, key, 120_000);
        uses.give_back(taken);
        assert_eq!(uses.take(), [(tenant, key, 120_000)]);
    }
}

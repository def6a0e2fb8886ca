//! A tenant that leaves: every key of its goes, its tokens, and what was given up of its messages.

use pinfold_core::id::TenantId;

use crate::keys::{Partition, token_prefix};
use crate::{Error, Hot};

/// Removes a step's worth of the keys that match, on the server that has them; where the next step begins, and how many went. With a
/// third argument only those whose value begins with it.
const STEP: &str = "local found = redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', 500) \
     local gone = 0 \
     for _, key in ipairs(found[2]) do \
       if ARGV[3] == '' then \
         gone = gone + redis.call('UNLINK', key) \
       elseif redis.call('TYPE', key).ok == 'string' and string.sub(redis.call('GET', key), 1, #ARGV[3]) == ARGV[3] then \
         gone = gone + redis.call('UNLINK', key) \
       end \
     end \
     return {found[1], gone}";
const MOST_LETTERS: usize = 100_000;

impl Hot {
    /// Forgets a tenant; how many keys and dead letters went. Messages of it that still wait find no record and are dropped.
    ///
    /// # Errors
    /// When Redis cannot be asked; calling it again goes on.
    pub async fn forget_tenant(&self, tenant: TenantId) -> Result<u64, Error> {
        let partition = self.partition(tenant);
        let mut gone = self.sweep(&partition.jobs(), &partition.pattern_of(tenant), "").await?;
        let tokens = token_prefix();
        gone += self.sweep(&format!("{tokens}sweep"), &format!("{tokens}*"), &format!("{tenant}:")).await?;
        gone += self.forget_letters(partition, tenant).await?;
        Ok(gone)
    }

    async fn sweep(&self, slot: &str, pattern: &str, value: &str) -> Result<u64, Error> {
        let (mut cursor, mut gone) = ("0".to_owned(), 0);
        loop {
            let mut step = redis::cmd("EVAL");
            step.arg(STEP).arg(1).arg(slot).arg(&cursor).arg(pattern).arg(value);
            let (next, removed): (String, u64) = step.query_async(&mut self.link()).await?;
            gone += removed;
            if next == "0" {
                return Ok(gone);
            }
            cursor = next;
        }
    }

    async fn forget_letters(&self, partition: Partition, tenant: TenantId) -> Result<u64, Error> {
        let letters = self.dead_letters(partition, MOST_LETTERS).await?;
        let theirs = letters.iter().filter(|letter| letter.job.as_ref().is_some_and(|job| job.tenant == tenant));
        let ids: Vec<&str> = theirs.map(|letter| letter.id.as_str()).collect();
        if ids.is_empty() {
            return Ok(0);
        }
        Ok(redis::cmd("XDEL").arg(partition.dead()).arg(ids).query_async(&mut self.link()).await?)
    }
}

//! What is watched of a tenant's checks: how many failed, were right, or locked a number, by minutes. Whoever records events counts
//! them here, so that all who record see the same.

use std::collections::BTreeMap;

use pinfold_core::alert::{Checked, WINDOW_MINUTES};
use pinfold_core::id::TenantId;
use pinfold_core::keys::Digest;

use crate::{Error, Hot};

/// How long a minute is remembered, in milliseconds.
const KEEP_MS: u64 = (WINDOW_MINUTES + 2) * 60_000;
const MINUTE_MS: u64 = 60_000;

/// What was just recorded of a tenant.
#[derive(Debug, Clone, Default)]
pub struct Watched {
    /// Checks that failed, were right, and locks.
    pub checked: Checked,
    /// Failed checks by number.
    pub numbers: BTreeMap<Digest, u64>,
}

impl Hot {
    /// Counts what was recorded of a minute, and gives what is counted of the window that ends with it: in all, and of the numbers
    /// that failed now. Without failures and locks nothing is read.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn watch(&self, tenant: TenantId, at_ms: u64, watched: &Watched) -> Result<Option<Watched>, Error> {
        let names = self.names(tenant);
        let minute = at_ms / MINUTE_MS;
        let key = names.watched(minute);
        let mut pipeline = redis::pipe();
        let Checked { failed, right, locks } = watched.checked;
        for (field, more) in [("f", failed), ("r", right), ("l", locks)] {
            if more > 0 {
                pipeline.cmd("HINCRBY").arg(&key).arg(field).arg(more).ignore();
            }
        }
        for (number, more) in &watched.numbers {
            pipeline.cmd("HINCRBY").arg(&key).arg(field(number)).arg(*more).ignore();
        }
        pipeline.cmd("PEXPIRE").arg(&key).arg(KEEP_MS).ignore();
        if failed == 0 && locks == 0 {
            pipeline.query_async::<()>(&mut self.link()).await?;
            return Ok(None);
        }
        for back in 0..WINDOW_MINUTES {
            pipeline.cmd("HMGET").arg(names.watched(minute.saturating_sub(back))).arg("f").arg("r").arg("l");
            for number in watched.numbers.keys() {
                pipeline.arg(field(number));
            }
        }
        let minutes: Vec<Vec<Option<u64>>> = pipeline.query_async(&mut self.link()).await?;
        let sum = |index: usize| minutes.iter().filter_map(|counts| counts.get(index).copied().flatten()).sum();
        let numbers = watched.numbers.keys().zip(3..).map(|(number, index)| (*number, sum(index))).collect();
        Ok(Some(Watched { checked: Checked { failed: sum(0), right: sum(1), locks: sum(2) }, numbers }))
    }
}

fn field(number: &Digest) -> Vec<u8> {
    [b"n".as_slice(), number].concat()
}

//! How a tenant's connections do: told by every worker at intervals, read by whoever shows it.

use std::collections::HashMap;
use std::time::Duration;

use pinfold_core::health::Health;
use pinfold_core::id::TenantId;

use crate::function::{Function, Packed};
use crate::{Error, Hot};

/// How long what a worker told is worth something.
pub const KEPT: Duration = Duration::from_secs(30);

impl Hot {
    /// Tells what this worker knows of a tenant's connections, in place of what it told before.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn tell_health(&self, tenant: TenantId, worker: &str, connections: &[Health]) -> Result<(), Error> {
        let key = self.names(tenant).health();
        let numbers = Packed::default().ms(self.clock_ms).ms(KEPT.as_millis() as u64);
        let told = serde_json::to_vec(connections).expect("what is told serialises");
        let _: i64 = Function::Tell.call(self, &[key.as_bytes()], &[numbers.bytes(), worker.as_bytes(), &told]).await?;
        Ok(())
    }

    /// What the workers told lately of a tenant's connections.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn health(&self, tenant: TenantId) -> Result<Vec<Health>, Error> {
        let now_ms = self.now_ms().await?;
        let mut command = redis::cmd("HGETALL");
        command.arg(self.names(tenant).health());
        let told: HashMap<String, Vec<u8>> = command.query_async(&mut self.link()).await?;
        let recent = told.into_values().filter_map(|told| {
            let (at, json) = told.split_first_chunk::<6>()?;
            let at_ms = at.iter().fold(0, |at_ms, byte| at_ms << 8 | u64::from(*byte));
            let is_recent = at_ms + KEPT.as_millis() as u64 >= now_ms;
            // Another version may tell other things.
            is_recent.then(|| serde_json::from_slice::<Vec<Health>>(json).ok())?
        });
        Ok(recent.flatten().collect())
    }
}

//! Waits until a replica has what was written, for answers that must not be lost with the server.

use pinfold_core::id::TenantId;

use crate::{Error, Hot};

/// How long a replica may take, in milliseconds.
const PATIENCE_MS: u64 = 500;

impl Hot {
    /// Waits until a replica has all that was written to a tenant's keys so far, by whomever.
    ///
    /// # Errors
    /// [`Error::NotReplicated`] when none has it within half a second; when Redis cannot be asked.
    pub async fn replicated(&self, tenant: TenantId) -> Result<(), Error> {
        // Redis waits for what its own connection wrote, and writes reach a replica in their order.
        let mut both = redis::pipe();
        both.cmd("SET").arg(self.partition(tenant).barrier()).arg("").arg("PX").arg(PATIENCE_MS).ignore();
        both.cmd("WAIT").arg(1).arg(PATIENCE_MS);
        let (replicas,): (u64,) = both.query_async(&mut self.replica_link.clone()).await?;
        if replicas == 0 { Err(Error::NotReplicated) } else { Ok(()) }
    }
}

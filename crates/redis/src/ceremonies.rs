//! Challenges that passkeys answer: kept for some minutes, taken once.

use crate::keys::ceremony;
use crate::{Error, Hot};

impl Hot {
    /// Keeps a challenge for so many seconds.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn keep_ceremony(&self, id: &str, kept: &[u8], seconds: u64) -> Result<(), Error> {
        Ok(redis::cmd("SET").arg(ceremony(id)).arg(kept).arg("EX").arg(seconds).query_async(&mut self.link()).await?)
    }

    /// Takes a challenge; whoever comes second finds nothing.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn take_ceremony(&self, id: &str) -> Result<Option<Vec<u8>>, Error> {
        Ok(redis::cmd("GETDEL").arg(ceremony(id)).query_async(&mut self.link()).await?)
    }
}

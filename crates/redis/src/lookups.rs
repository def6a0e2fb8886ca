//! What was found out about a number, kept by a keyed hash of it for a while. It says nothing of whose number it is.

use pinfold_core::id::TenantId;
use pinfold_core::keys::Digest;
use pinfold_core::lookup::NumberFacts;

use crate::{Error, Hot};

impl Hot {
    /// What is known of a number.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn known_facts(&self, tenant: TenantId, number: &Digest) -> Result<Option<NumberFacts>, Error> {
        let key = self.names(tenant).facts(number);
        let kept: Option<Vec<u8>> = redis::cmd("GET").arg(key).query_async(&mut self.link()).await?;
        // What an older version wrote in another form is unknown.
        Ok(kept.and_then(|kept| serde_json::from_slice(&kept).ok()))
    }

    /// Keeps what was found out about a number for so many seconds.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn keep_facts(&self, tenant: TenantId, number: &Digest, facts: &NumberFacts, seconds: u32) -> Result<(), Error> {
        let key = self.names(tenant).facts(number);
        let kept = serde_json::to_vec(facts).expect("words and truths serialise");
        let mut set = redis::cmd("SET");
        set.arg(key).arg(kept).arg("EX").arg(seconds.max(1));
        Ok(set.query_async(&mut self.link()).await?)
    }
}

//! Sessions and access tokens of API clients: random, kept by keyed hash, each standing for the API key it came from.

use pinfold_core::id::{ApiKeyId, TenantId};

use crate::keys::{token, used_token};
use crate::{Error, Hot};

/// How a token ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// After this many seconds without use.
    Session {
        /// Seconds.
        idle_seconds: u64,
    },
    /// This many seconds after it was issued.
    Access {
        /// Seconds.
        seconds: u64,
    },
}

impl Hot {
    /// Keeps a token by its keyed hash.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn issue_token(&self, hash: &[u8; 32], kind: TokenKind, tenant: TenantId, key: ApiKeyId) -> Result<(), Error> {
        let (idle, seconds) = match kind {
            TokenKind::Session { idle_seconds } => (idle_seconds, idle_seconds),
            TokenKind::Access { seconds } => (0, seconds),
        };
        let value = format!("{tenant}:{key}:{idle}");
        Ok(redis::cmd("SET").arg(token(hash)).arg(value).arg("EX").arg(seconds).query_async(&mut self.link()).await?)
    }

    /// Whose API key a token stands for; a session lives on by being used.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn token_owner(&self, hash: &[u8; 32]) -> Result<Option<(TenantId, ApiKeyId)>, Error> {
        let name = token(hash);
        let value: Option<String> = redis::cmd("GET").arg(&name).query_async(&mut self.link()).await?;
        let Some(value) = value else { return Ok(None) };
        let mut parts = value.split(':');
        let (Some(tenant), Some(key), Some(idle)) = (parts.next(), parts.next(), parts.next()) else { return Ok(None) };
        if idle != "0" {
            let _: i64 = redis::cmd("EXPIRE").arg(&name).arg(idle).query_async(&mut self.link()).await?;
        }
        Ok(tenant.parse().ok().zip(key.parse().ok()))
    }

    /// Notes that a token which is good once was used, until it would have ended by itself; `false` when it was before.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn use_once(&self, hash: &[u8; 32], seconds: u64) -> Result<bool, Error> {
        let mut command = redis::cmd("SET");
        command.arg(used_token(hash)).arg(1).arg("EX").arg(seconds.max(1)).arg("NX");
        let set: Option<String> = command.query_async(&mut self.link()).await?;
        Ok(set.is_some())
    }

    /// Ends a token; `false` when there was none.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn revoke_token(&self, hash: &[u8; 32]) -> Result<bool, Error> {
        let removed: i64 = redis::cmd("DEL").arg(token(hash)).query_async(&mut self.link()).await?;
        Ok(removed > 0)
    }
}

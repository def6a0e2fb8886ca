//! The request that a path names: the PIN's id, with hyphens. A token of an application reaches that application's alone, and so
//! does an API key with an application of its own.

use pinfold_core::id::PinId;
use pinfold_http::Caller;
use pinfold_http::Problem;
use pinfold_postgres::Snapshot;
use uuid::Uuid;

use crate::State;

/// The id as clients see it.
pub(super) fn shown(pin: PinId) -> String {
    Uuid::from(pin).to_string()
}

impl State {
    /// The PIN of a request id, if it may be the caller's: what cannot be one, or is of another application, is not there.
    ///
    /// # Errors
    /// 503 while Redis is away.
    pub(super) async fn requested(&self, caller: &Caller, snapshot: &Snapshot, text: &str) -> Result<Option<PinId>, Problem> {
        let Some(pin) = Uuid::try_parse(text).ok().filter(|_| text.len() == 36).map(PinId::from) else { return Ok(None) };
        Ok(self.reaches(caller, snapshot, pin).await?.then_some(pin))
    }
}

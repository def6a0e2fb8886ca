//! The request that a path names: the PIN's id, with hyphens. A token of an application reaches that application's alone, and so
//! does an API key with an application of its own.

use std::sync::Arc;

use pinfold_core::id::PinId;
use pinfold_http::Caller;
use pinfold_http::Problem;
use pinfold_postgres::Snapshot;
use uuid::Uuid;

use crate::State;
use crate::state::hot_problem;

/// The id as clients see it.
pub(super) fn shown(pin: PinId) -> String {
    Uuid::from(pin).to_string()
}

impl State {
    /// The PIN of a request id, if it may be the caller's: what cannot be one, or is of another application, is not there.
    ///
    /// # Errors
    /// 503.
    pub(super) async fn requested(
        &self,
        caller: &Caller,
        snapshot: &Arc<Snapshot>,
        text: &str,
    ) -> Result<Option<PinId>, Problem> {
        let Some(pin) = Uuid::try_parse(text).ok().filter(|_| text.len() == 36).map(PinId::from) else { return Ok(None) };
        let Some(own) = caller.default_application.filter(|_| snapshot.applications.len() > 1) else { return Ok(Some(pin)) };
        let Some(record) = self.hot.peek(caller.tenant, pin).await.map_err(hot_problem)? else { return Ok(None) };
        let message = snapshot.messages.get(&record.message);
        Ok(message.is_some_and(|message| message.application == own).then_some(pin))
    }
}

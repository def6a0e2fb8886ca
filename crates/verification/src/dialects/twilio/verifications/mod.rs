//! Verifications: a PIN that is sent, read, cancelled or approved.

mod create;
mod fetch;
mod fields;
mod limits;
mod update;
pub(super) mod view;

pub(super) use fields::transaction;

use pinfold_core::envelope::Envelope;
use pinfold_core::id::PinId;
use pinfold_core::keys::purpose;
use pinfold_core::recipient::Recipient;
use pinfold_http::twilio::id;
use pinfold_http::{Caller, Code, Mount, Problem, mount};
use pinfold_redis::Record;

use super::Service;
use super::note::Note;
use crate::State;
use crate::state::hot_problem;

/// The purpose of codes that are bound to a transaction: checks by number tell them apart by it.
pub(super) const TRANSACTION: &str = "transaction";

pub(crate) fn mount(mount: &mut Mount) {
    mount!(mount; self::create, self::fetch, self::update);
}

/// A verification as it is kept.
pub(super) struct Found {
    pub(super) pin: PinId,
    pub(super) record: Record,
    pub(super) envelope: Envelope,
}

impl Found {
    /// Whom it went to, and what was noted of it.
    fn told(&self) -> (&Recipient, Note) {
        (&self.envelope.recipient, Note::read(self.envelope.note.as_deref()))
    }
}

impl Service {
    /// The verification of a SID in this service.
    ///
    /// # Errors
    /// 404, also for one of another service.
    pub(super) async fn verification(&self, state: &State, caller: &Caller, pin: PinId) -> Result<Found, Problem> {
        let missing = || Problem::new(Code::NotFound);
        let record = state.hot.peek(caller.tenant, pin).await.map_err(hot_problem)?.ok_or_else(missing)?;
        let message = self.snapshot.messages.get(&record.message).ok_or_else(missing)?;
        if message.application != self.id {
            return Err(missing());
        }
        let keys = &self.snapshot.keys;
        let envelope = keys.open_envelope(record.key_version, pin, &record.sealed).map_err(Problem::internal)?;
        Ok(Found { pin, record, envelope })
    }

    /// The verification that a path names by its SID, or by the number that it went to.
    ///
    /// # Errors
    /// 404.
    pub(super) async fn named(&self, state: &State, caller: &Caller, name: &str) -> Result<Found, Problem> {
        if let Ok(pin) = id("VE", name) {
            return self.verification(state, caller, pin).await;
        }
        let missing = || Problem::new(Code::NotFound);
        let recipient = Recipient::parse(name).map_err(|_| missing())?;
        let now_ms = state.hot.now_ms().await.map_err(hot_problem)?;
        let mut latest: Option<Found> = None;
        let subject = self.snapshot.keys.subject(self.id, &recipient);
        let purposes = ["", TRANSACTION].map(purpose);
        for pin in state.hot.latest(caller.tenant, &subject, &purposes).await.map_err(hot_problem)? {
            let found = self.verification(state, caller, pin).await?;
            let is_open = found.record.terminal(now_ms).is_none();
            if latest.as_ref().is_none_or(|latest| is_open && latest.record.created_ms < found.record.created_ms) {
                latest = Some(found);
            }
        }
        latest.ok_or_else(missing)
    }
}

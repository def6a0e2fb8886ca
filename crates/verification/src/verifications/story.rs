//! A PIN as its live record and the system of record know it. The record knows the recipient and what happened just now; what
//! is recorded stays when the record is gone.

use std::time::Duration;

use pinfold_core::id::PinId;
use pinfold_core::life::{Status, Terminal};
use pinfold_http::{Caller, Code, Problem};
use pinfold_postgres::{Snapshot, Story, VerificationStatus};
use pinfold_redis::Record;

use crate::State;
use crate::state::{hot_problem, record_problem};

/// A PIN, from both sides; at least one of them knows it.
pub(super) struct Known {
    pub(super) record: Option<Record>,
    pub(super) story: Option<Story>,
    pub(super) now_ms: u64,
}

/// Reads; changes nothing. Waits a moment for what was just written.
///
/// # Errors
/// 404 for an unknown PIN, 503.
pub(super) async fn known(state: &State, caller: &Caller, pin: PinId) -> Result<Known, Problem> {
    let patience = Duration::from_millis(state.settings.report_patience_ms);
    let record = state.hot.peek(caller.tenant, pin).await.map_err(hot_problem)?;
    if record.is_some() && !state.hot.settled_events(caller.tenant, patience).await.map_err(hot_problem)? {
        tracing::warn!(tenant.id = %caller.tenant, "a story shows what is recorded so far: the recorder is behind");
    }
    let story = state.database.tenant(caller.tenant).verifications().story(pin).await.map_err(record_problem)?;
    if record.is_none() && story.is_none() {
        return Err(Problem::new(Code::NotFound));
    }
    let now_ms = state.hot.now_ms().await.map_err(hot_problem)?;
    Ok(Known { record, story, now_ms })
}

impl Known {
    /// Where the PIN stands: by its record while that lives, because nothing is newer.
    pub(super) fn status(&self) -> VerificationStatus {
        let recorded = self.story.as_ref().map(|story| story.verification.status_at(self.now_ms));
        let Some(record) = &self.record else { return recorded.unwrap_or(VerificationStatus::Waiting) };
        match (record.status, record.terminal(self.now_ms)) {
            (Status::Verified, _) | (_, Some(Terminal::AlreadyVerified)) => VerificationStatus::Verified,
            (_, Some(Terminal::Exhausted)) => VerificationStatus::Exhausted,
            (_, Some(Terminal::Canceled)) => VerificationStatus::Canceled,
            (_, Some(Terminal::Expired)) => VerificationStatus::Expired,
            (_, None) => recorded
                .filter(|status| matches!(status, VerificationStatus::Sent | VerificationStatus::Failed))
                .unwrap_or(VerificationStatus::Waiting),
        }
    }

    /// When it was first verified.
    pub(super) fn verified_ms(&self) -> Option<u64> {
        let recorded = self.story.as_ref().and_then(|story| story.verification.verified_ms);
        self.record.as_ref().and_then(|record| record.verified_ms).or(recorded)
    }

    /// Whether it is of a test number.
    pub(super) fn is_test(&self) -> bool {
        let recorded = self.story.as_ref().is_some_and(|story| story.verification.is_test);
        recorded || self.record.as_ref().is_some_and(|record| record.flags.is_test)
    }

    /// The recipient, masked, while the record lives: nothing else keeps it.
    pub(super) fn recipient(&self, snapshot: &Snapshot, pin: PinId) -> Option<String> {
        let record = self.record.as_ref()?;
        let envelope = snapshot.keys.open_envelope(record.key_version, pin, &record.sealed).ok()?;
        Some(envelope.recipient.masked())
    }
}

//! A session as both versions tell it: where a PIN stands, in the vendor's four words.

use pinfold_core::id::{ApplicationId, PinId};
use pinfold_core::life::{Status, Terminal, Verdict};
use pinfold_core::recipient::Recipient;
use pinfold_http::{Caller, Code, Problem};
use pinfold_postgres::Snapshot;
use pinfold_redis::Record;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::pin_id;
use super::asked::PAUSE_S;
use crate::State;
use crate::state::{application, hot_problem};
use crate::verify::{Judged, Which, verify};

/// Where a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = EightXEightSessionStatus)]
pub(super) enum SessionStatus {
    Waiting,
    Verified,
    Failed,
    Expired,
}

/// A session.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) pin: PinId,
    pub(super) recipient: Recipient,
    pub(super) status: SessionStatus,
    /// Checks that failed.
    pub(super) attempt: u8,
    pub(super) expires_ms: u64,
    /// When the next message may be asked for.
    pub(super) next_ms: u64,
}

/// What a session must know again: its pause, when its last message was asked for if that was not the first, and who wants to
/// be told of its end.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Note {
    #[serde(rename = "p")]
    pub(super) pause_s: u32,
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    pub(super) sent_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) callback: Option<Callback>,
}

/// Where the worker posts the end of a session, in the shape of the version that began it. The worker reads it from the note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Callback {
    pub(super) url: String,
    pub(super) version: u8,
}

impl Note {
    /// What is kept; nothing for a first message with the vendor's pause.
    pub(super) fn write(&self) -> Option<String> {
        let says_something = self.pause_s != PAUSE_S || self.sent_ms.is_some() || self.callback.is_some();
        says_something.then(|| serde_json::to_string(self).expect("numbers serialise"))
    }

    fn read(note: Option<&str>) -> Self {
        let none = Self { pause_s: PAUSE_S, sent_ms: None, callback: None };
        note.and_then(|note| serde_json::from_str(note).ok()).unwrap_or(none)
    }

    /// The new note of a session that goes on: who wanted to be told still is, unless somebody else wants to be.
    pub(super) fn merge(before: &str, new: &str) -> String {
        let (before, mut note) = (Self::read(Some(before)), Self::read(Some(new)));
        note.callback = note.callback.or(before.callback);
        note.write().unwrap_or_default()
    }

    fn next_ms(&self, record: &Record) -> u64 {
        self.sent_ms.unwrap_or(record.created_ms) + u64::from(self.pause_s) * 1_000
    }
}

impl Session {
    pub(super) fn begun(pin: PinId, recipient: Recipient, expires_ms: u64, next_ms: u64) -> Self {
        Self { pin, recipient, status: SessionStatus::Waiting, attempt: 0, expires_ms, next_ms }
    }

    /// Reads a session, or judges a guess when there is one.
    ///
    /// # Errors
    /// 400, 404 for what is not a session of this sub-account or was used up, 429 with `Retry-After`, 503.
    pub(super) async fn look(
        state: &State,
        caller: &Caller,
        sub_account: &str,
        id: &str,
        code: Option<&str>,
    ) -> Result<Self, Problem> {
        let (snapshot, wanted) = state.snapshot_of_slug(caller.tenant, "subAccountId", sub_account).await?;
        application(&snapshot, wanted)?;
        let pin = pin_id(id)?;
        let Some(code) = code else {
            let record = record_of(state, caller, &snapshot, wanted, pin).await?;
            let envelope = snapshot.keys.open_envelope(record.key_version, pin, &record.sealed).map_err(Problem::internal)?;
            let terminal = record.terminal(state.hot.now_ms().await.map_err(hot_problem)?);
            let status = match (record.status, terminal) {
                (Status::Verified, _) => SessionStatus::Verified,
                (_, Some(terminal)) => word(terminal),
                (_, None) => SessionStatus::Waiting,
            };
            return Ok(Self::of(pin, &record, envelope.recipient, envelope.note.as_deref(), status));
        };
        // A guess at a PIN of another sub-account is not judged. With one application there is no other.
        if snapshot.applications.len() > 1 {
            record_of(state, caller, &snapshot, wanted, pin).await?;
        }
        let judged = verify(state, &snapshot, caller, Which::Pin(pin), "code", code, None).await?;
        let status = status(&judged).ok_or_else(|| Problem::new(Code::NotFound))?;
        Ok(Self::of(pin, &judged.record, judged.recipient, judged.note.as_deref(), status))
    }

    fn of(pin: PinId, record: &Record, recipient: Recipient, note: Option<&str>, status: SessionStatus) -> Self {
        // The check that was right is no failed one.
        let right = u8::from(status == SessionStatus::Verified);
        Self {
            pin,
            recipient,
            status,
            attempt: record.attempts_used.saturating_sub(right),
            expires_ms: record.expires_ms,
            next_ms: Note::read(note).next_ms(record),
        }
    }
}

async fn record_of(
    state: &State,
    caller: &Caller,
    snapshot: &Snapshot,
    wanted: ApplicationId,
    pin: PinId,
) -> Result<Record, Problem> {
    let record = state.hot.peek(caller.tenant, pin).await.map_err(hot_problem)?;
    let is_of = |record: &Record| snapshot.messages.get(&record.message).is_some_and(|message| message.application == wanted);
    record.filter(is_of).ok_or_else(|| Problem::new(Code::NotFound))
}

fn word(terminal: Terminal) -> SessionStatus {
    match terminal {
        Terminal::AlreadyVerified => SessionStatus::Verified,
        Terminal::Exhausted => SessionStatus::Failed,
        // One that was ended by a new session has no word of its own.
        Terminal::Canceled | Terminal::Expired => SessionStatus::Expired,
    }
}

/// What a guess was worth. A code that was used is not said to be right a second time: `None`.
fn status(judged: &Judged) -> Option<SessionStatus> {
    match judged.verdict {
        Verdict::Verified { .. } => Some(SessionStatus::Verified),
        Verdict::Wrong { remaining: 0 } => Some(SessionStatus::Failed),
        Verdict::Wrong { .. } => Some(SessionStatus::Waiting),
        Verdict::Terminal(Terminal::AlreadyVerified) => None,
        Verdict::Terminal(terminal) => Some(word(terminal)),
        Verdict::Refused(_) | Verdict::Alien | Verdict::Unknown => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_kept_only_when_it_says_something() {
        let plain = Note { pause_s: PAUSE_S, sent_ms: None, callback: None };
        assert_eq!(plain.write(), None);
        for note in [Note { pause_s: 60, ..told(None) }, Note { sent_ms: Some(5), ..told(None) }, told(Some("a"))] {
            assert_eq!(Note::read(note.write().as_deref()), note);
        }
        assert_eq!(Note::read(Some("{")), plain);
    }

    #[test]
    fn a_callback_stays_until_another_is_named() {
        let merged = |before, new: Note| {
            let new = Note { sent_ms: Some(5), ..new };
            Note::read(Some(&Note::merge(&told(Some(before)).write().expect("a note"), &new.write().expect("a note"))))
        };
        assert_eq!(merged("a", told(None)), Note { sent_ms: Some(5), ..told(Some("a")) });
        assert_eq!(merged("a", told(Some("b"))), Note { sent_ms: Some(5), ..told(Some("b")) });
    }

    fn told(url: Option<&str>) -> Note {
        let callback = url.map(|url| Callback { url: url.into(), version: 2 });
        Note { pause_s: PAUSE_S, sent_ms: None, callback }
    }
}

//! What the dialect must know again of a verification: the messages so far, and what it is bound to. Sealed with the
//! recipient, and gone with the PIN.

use pinfold_core::channel::Channel;
use pinfold_core::id::PinId;
use pinfold_http::twilio::sid_of_hash;
use serde::{Deserialize, Serialize};

/// The note.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Note {
    /// When each message was accepted, in milliseconds since 1970, and by which channel it goes.
    #[serde(rename = "a")]
    pub(super) attempts: Vec<(u64, Channel)>,
    /// What a transaction moves.
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    pub(super) amount: Option<String>,
    /// Who gets it.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub(super) payee: Option<String>,
}

impl Note {
    /// A note from an envelope; that of another dialect is none.
    pub(super) fn read(text: Option<&str>) -> Self {
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }

    /// The note before, with the messages of a new one behind its own.
    pub(super) fn merge(before: &str, new: &str) -> String {
        let mut note = Self::read(Some(before));
        note.attempts.extend(Self::read(Some(new)).attempts);
        note.text()
    }

    pub(super) fn text(&self) -> String {
        serde_json::to_string(self).expect("numbers and words serialise")
    }
}

/// What the code of a transaction is bound to, beside itself: both values, told apart by a character that neither has.
pub(super) fn bound(amount: &str, payee: &str) -> String {
    format!("{amount}\u{1f}{payee}")
}

/// The SID of a message: its PIN's id, with the message's number in the last byte.
pub(super) fn attempt_sid(pin: PinId, delivery: u8) -> String {
    let mut bytes = *pin.as_bytes();
    bytes[15] ^= delivery;
    sid_of_hash("VL", bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_comes_back_and_a_foreign_one_is_empty() {
        let note = Note { attempts: vec![(1, Channel::Sms), (2, Channel::Voice)], amount: Some("€1".into()), payee: None };
        assert_eq!(Note::read(Some(&note.text())), note);
        assert_eq!(Note::read(Some("another dialect's")), Note::default());
        assert_eq!(Note::read(None), Note::default());
    }

    #[test]
    fn messages_are_added() {
        let of = |at_ms| Note { attempts: vec![(at_ms, Channel::Sms)], amount: None, payee: Some("p".into()) };
        let merged = Note { attempts: vec![(1, Channel::Sms), (2, Channel::Sms)], ..of(1) };
        assert_eq!(Note::merge(&of(1).text(), &Note { payee: None, ..of(2) }.text()), merged.text());
    }

    #[test]
    fn messages_of_a_pin_have_different_sids() {
        let pin = PinId::from_bytes([7; 16]);
        assert_eq!(attempt_sid(pin, 1), format!("VL{}06", "07".repeat(15)));
        assert_ne!(attempt_sid(pin, 1), attempt_sid(pin, 2));
    }
}

//! What happened to a PIN: written to a stream by the scripts and the worker, recorded once in the system of record.
//!
//! Layout in the stream, version 1, big-endian: kind, channel, then 48-bit times (when it happened, when the PIN was
//! accepted, when it dies), tenant, PIN and message ids, the number's keyed hash, the rest is [`Detail`] as JSON or
//! nothing. No recipient and no PIN.

use serde::{Deserialize, Serialize};

use crate::channel::Channel;
use crate::id::{ConnectionId, MessageId, PinId, TenantId};
use crate::keys::Digest;

/// The length of the fixed part.
pub const HEADER: usize = 2 + 3 * 6 + 3 * 16 + 12;

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident $code:literal $name:literal),+ $(,)?) => {
        /// What happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Kind { $($(#[$doc])* $variant = $code),+ }

        impl Kind {
            /// The kind of a stored code.
            #[must_use]
            pub fn from_code(code: u8) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }

            /// The kind's name in the system of record.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

kinds! {
    /// A provider took the message.
    Sent 1 "sent",
    /// An attempt failed and another follows.
    Retried 2 "retried",
    /// The message will not be sent: the provider refused it or every attempt failed.
    Failed 3 "failed",
    /// The message was not sent, because the PIN had expired, was verified, replaced or cancelled before.
    Skipped 4 "skipped",
    /// The right PIN.
    Verified 10 "verified",
    /// A wrong PIN.
    Wrong 11 "wrong",
    /// A wrong PIN, and the last attempt.
    Exhausted 12 "exhausted",
    /// A wrong PIN that locked the number.
    Locked 13 "locked",
    /// Cancelled by the caller.
    Canceled 14 "canceled",
}

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// What happened.
    pub kind: Kind,
    /// The channel of the message, or of the PIN's last message.
    pub channel: Channel,
    /// When it happened, in milliseconds of Redis' clock.
    pub at_ms: u64,
    /// When the PIN was accepted.
    pub created_ms: u64,
    /// When the PIN dies.
    pub expires_ms: u64,
    /// Whose it is.
    pub tenant: TenantId,
    /// Which PIN.
    pub pin: PinId,
    /// Its message template; the application's id for the built-in text.
    pub message: MessageId,
    /// The keyed hash of number and application.
    pub subject: Digest,
    /// What else is known.
    pub detail: Detail,
}

/// The variable part of an event.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Detail {
    /// Which message of the PIN: 1 for the send, more for resends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<u8>,
    /// Which attempt at this message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u8>,
    /// The provider connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<ConnectionId>,
    /// The provider's id of the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<String>,
    /// How many SMS the text took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segments: Option<u16>,
    /// Why, as a stable word such as `expired` or `provider_refused`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Event {
    /// The bytes for the stream.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER + 96);
        bytes.extend([self.kind as u8, self.channel.code()]);
        for time in [self.at_ms, self.created_ms, self.expires_ms] {
            bytes.extend(&time.to_be_bytes()[2..]);
        }
        bytes.extend(self.tenant.as_bytes());
        bytes.extend(self.pin.as_bytes());
        bytes.extend(self.message.as_bytes());
        bytes.extend(self.subject);
        if self.detail != Detail::default() {
            serde_json::to_writer(&mut bytes, &self.detail).expect("a detail serialises");
        }
        bytes
    }

    /// Reads what [`Self::encode`] or a script wrote; `None` for anything else.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let ([kind, channel], rest) = bytes.split_first_chunk()?;
        let (at_ms, rest) = time(rest)?;
        let (created_ms, rest) = time(rest)?;
        let (expires_ms, rest) = time(rest)?;
        let (tenant, rest) = rest.split_first_chunk()?;
        let (pin, rest) = rest.split_first_chunk()?;
        let (message, rest) = rest.split_first_chunk()?;
        let (subject, rest) = rest.split_first_chunk()?;
        Some(Self {
            kind: Kind::from_code(*kind)?,
            channel: Channel::from_code(*channel)?,
            at_ms,
            created_ms,
            expires_ms,
            tenant: TenantId::from_bytes(*tenant),
            pin: PinId::from_bytes(*pin),
            message: MessageId::from_bytes(*message),
            subject: *subject,
            detail: if rest.is_empty() { Detail::default() } else { serde_json::from_slice(rest).ok()? },
        })
    }
}

fn time(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (first, rest) = bytes.split_first_chunk::<6>()?;
    let mut wide = [0; 8];
    wide[2..].copy_from_slice(first);
    Some((u64::from_be_bytes(wide), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_comes_back() {
        let mut event = Event {
            kind: Kind::Sent,
            channel: Channel::Voice,
            at_ms: 1_763_720_000_123,
            created_ms: 1_763_720_000_000,
            expires_ms: 1_763_720_300_000,
            tenant: TenantId::random(),
            pin: PinId::random(),
            message: MessageId::random(),
            subject: [9; 12],
            detail: Detail::default(),
        };
        assert_eq!(event.encode().len(), HEADER);
        assert_eq!(Event::decode(&event.encode()), Some(event.clone()));
        event.detail = Detail { attempt: Some(2), reason: Some("provider_refused".into()), ..Detail::default() };
        assert_eq!(Event::decode(&event.encode()), Some(event.clone()));
        assert_eq!(Event::decode(&event.encode()[..HEADER - 1]), None);
    }
}

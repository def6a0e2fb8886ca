//! What happened to a PIN: written to a stream by the scripts and the worker, recorded once in the system of record.
//!
//! Layout in the stream, version 1, big-endian: kind, tenant, PIN, then the PIN's record from its channel to its message
//! id, which scripts copy as one slice (61 bytes, of which an event reads channel, the mark of a test number, times, number
//! hash and message id); the rest is a [`Detail`] or nothing. The entry's id in the stream says when it happened. No recipient
//! and no PIN.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::channel::Channel;
use crate::decision::Decision;
use crate::fraud::Finding;
use crate::id::{ConnectionId, MessageId, PinId, TenantId};
use crate::keys::Digest;
use crate::price::Currency;
use crate::region::Region;

mod detail;

/// The length of the fixed part.
pub const HEADER: usize = 1 + 16 + 16 + 61;
/// In the byte of a record that has the code's length: the PIN is of a test number. The scripts copy it into every event.
pub const TEST_MARK: u8 = 0x80;

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
    /// A step of the fallback plan was passed over.
    StepSkipped 5 "step_skipped",
    /// The right PIN.
    Verified 10 "verified",
    /// A wrong PIN.
    Wrong 11 "wrong",
    /// A wrong PIN, and the last attempt.
    Exhausted 12 "exhausted",
    /// The number was locked by the wrong PIN before.
    Locked 13 "locked",
    /// Cancelled by the caller.
    Canceled 14 "canceled",
    /// It died before anybody verified it. Noticed later, by whoever records.
    Expired 15 "expired",
    /// The fraud guard found a send suspicious and let it go. Recorded among its decisions, not among the events of the PIN.
    FraudRecorded 30 "fraud_recorded",
    /// The fraud guard refused a send; its PIN never was.
    FraudBlocked 31 "fraud_blocked",
    /// A source of guesses spent its budget of wrong ones with this. It raises an alert and is not recorded.
    Sprayed 32 "sprayed",
    /// A receipt says that the message arrived. Recorded by the system of record itself, never streamed.
    Delivered 20 "delivered",
    /// A receipt says that the message will not arrive. Recorded by the system of record itself, never streamed.
    Undelivered 21 "undelivered",
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
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Detail {
    /// Which message of the PIN: 1 for the send, more for resends.
    pub delivery: Option<u8>,
    /// Which attempt at this message.
    pub attempt: Option<u8>,
    /// The provider connection.
    pub connection: Option<ConnectionId>,
    /// The provider's id of the message.
    pub provider_id: Option<String>,
    /// How many SMS the text took.
    pub segments: Option<u16>,
    /// Why, as a stable word such as `expired` or `provider_refused`.
    pub reason: Option<String>,
    /// What the fraud guard decided.
    pub fraud: Option<Box<FraudDetail>>,
    /// What is recorded as it is.
    pub facts: Option<Box<Facts>>,
}

/// What else is known of an attempt. The system of record keeps it as JSON; everything is optional, so that more can come.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Facts {
    /// The country of the number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// The time to the provider's answer, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<u32>,
    /// What the message costs, in millionths of the currency's unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_micros: Option<u64>,
    /// The currency (ISO 4217).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// Whose fault a failure was: `connection`, `recipient`, `message` or `unclear`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<Cow<'static, str>>,
    /// How the connection was chosen; none where there was no choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// Whether the PIN is of a sandbox key, whose messages cost nothing.
    #[serde(rename = "sandbox", skip_serializing_if = "std::ops::Not::not")]
    pub is_sandbox: bool,
    /// Whether the PIN is of a test number: its code was fixed, and nothing left.
    #[serde(rename = "test", skip_serializing_if = "std::ops::Not::not")]
    pub is_test: bool,
    /// Which step of the fallback plan was passed over, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<u8>,
    /// The way that its message would have gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step_channel: Option<Channel>,
}

/// What the fraud guard decided, beside what every event says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FraudDetail {
    /// Rule, figures and threshold.
    pub finding: Finding,
    /// The number, masked.
    pub number: String,
    /// Its country.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// How many sends were decided alike, this one among them.
    pub sends: u32,
}

impl Event {
    /// The bytes for the stream.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER + 96);
        self.encode_into(&mut bytes);
        bytes
    }

    /// The same behind what is in `bytes` already.
    pub fn encode_into(&self, bytes: &mut Vec<u8>) {
        bytes.push(self.kind as u8);
        bytes.extend(self.tenant.as_bytes());
        bytes.extend(self.pin.as_bytes());
        bytes.extend([self.channel.code(), 0, 0, 0, 0, 0, 0]);
        for time in [self.created_ms, self.expires_ms] {
            bytes.extend(&time.to_be_bytes()[2..]);
        }
        bytes.extend([0; 14]);
        bytes.extend(self.subject);
        bytes.extend(self.message.as_bytes());
        self.detail.encode_into(bytes);
    }

    /// Reads what [`Self::encode`] or a script wrote at `at_ms`; `None` for anything else.
    #[must_use]
    pub fn decode(bytes: &[u8], at_ms: u64) -> Option<Self> {
        let (header, rest) = bytes.split_first_chunk::<HEADER>()?;
        let (kind, ids) = header.split_first()?;
        let (tenant, ids) = ids.split_first_chunk()?;
        let (pin, slice) = ids.split_first_chunk()?;
        let mut detail = Detail::decode(rest)?;
        if slice[5] & TEST_MARK != 0 {
            let facts = detail.facts.get_or_insert_default();
            (facts.is_sandbox, facts.is_test) = (true, true);
        }
        Some(Self {
            kind: Kind::from_code(*kind)?,
            channel: Channel::from_code(slice[0])?,
            at_ms,
            created_ms: time(&slice[7..])?,
            expires_ms: time(&slice[13..])?,
            tenant: TenantId::from_bytes(*tenant),
            pin: PinId::from_bytes(*pin),
            subject: *slice[33..].first_chunk()?,
            message: MessageId::from_bytes(*slice[45..].first_chunk()?),
            detail,
        })
    }
}

fn time(bytes: &[u8]) -> Option<u64> {
    let mut wide = [0; 8];
    wide[2..].copy_from_slice(bytes.first_chunk::<6>()?);
    Some(u64::from_be_bytes(wide))
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
        assert_eq!(Event::decode(&event.encode(), event.at_ms), Some(event.clone()));
        event.detail = Detail { attempt: Some(2), reason: Some("provider_refused".into()), ..Detail::default() };
        assert_eq!(Event::decode(&event.encode(), event.at_ms), Some(event.clone()));
        assert_eq!(Event::decode(&event.encode()[..HEADER - 1], 0), None);
        let mut marked = event.encode();
        marked[1 + 16 + 16 + 5] = TEST_MARK | 6;
        let facts = Facts { is_sandbox: true, is_test: true, ..Facts::default() };
        event.detail.facts = Some(Box::new(facts));
        assert_eq!(Event::decode(&marked, event.at_ms), Some(event), "what a script copied says so");
    }
}

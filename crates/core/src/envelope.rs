//! What the deliveries of one PIN need beside ids: recipient, sender, placeholder values, a code chosen by the
//! caller. Sealed into the PIN's record and gone with it.
//!
//! Layout, version 1: kind byte (0 phone, 1 e-mail, 2 push), length (a byte, of a push address two), the recipient (a
//! number packed two digits to a byte, the last half `F` when odd), then nothing or the rest as JSON.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::channel::Channel;
use crate::email::Email;
use crate::fallback::Plan;
use crate::phone::Phone;
use crate::pin::Pin;
use crate::push::PushAddress;
use crate::recipient::Recipient;
use crate::wording::Wording;

/// The sealed part of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// Who gets the PIN.
    pub recipient: Recipient,
    /// The sender that the request asked for, instead of the template's.
    pub sender: Option<String>,
    /// Values of the template's named placeholders.
    pub placeholders: BTreeMap<String, String>,
    /// A code chosen by the caller, which cannot be derived.
    pub chosen: Option<Pin>,
    /// What the PIN is for, when dialects that verify by number tell purposes apart.
    pub purpose: Option<String>,
    /// Further addresses of the same person, for the steps of a fallback plan.
    pub others: Vec<Recipient>,
    /// The fallback plan that came with the request, instead of the template's.
    pub fallback: Option<Plan>,
    /// The text that came with the request, instead of the template's.
    pub wording: Option<Wording>,
    /// What a dialect must know again when it answers later.
    pub note: Option<String>,
    /// What the code is bound to beside its number, such as a transaction.
    pub bound: Option<String>,
}

#[derive(Default, Serialize, Deserialize)]
struct Rest<'a> {
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    sender: Option<Cow<'a, str>>,
    #[serde(rename = "p", default, skip_serializing_if = "is_empty")]
    placeholders: Cow<'a, BTreeMap<String, String>>,
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    chosen: Option<Cow<'a, str>>,
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    purpose: Option<Cow<'a, str>>,
    #[serde(rename = "o", default, skip_serializing_if = "Vec::is_empty")]
    others: Vec<String>,
    #[serde(rename = "f", default, skip_serializing_if = "Option::is_none")]
    fallback: Option<Cow<'a, Plan>>,
    #[serde(rename = "w", default, skip_serializing_if = "Option::is_none")]
    wording: Option<Cow<'a, Wording>>,
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    note: Option<Cow<'a, str>>,
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    bound: Option<Cow<'a, str>>,
}

fn is_empty(placeholders: &BTreeMap<String, String>) -> bool {
    placeholders.is_empty()
}

const PHONE: u8 = 0;
const EMAIL: u8 = 1;
const PUSH: u8 = 2;

impl Envelope {
    /// An envelope with a recipient and nothing else.
    #[must_use]
    pub fn to(recipient: Recipient) -> Self {
        Self {
            recipient,
            sender: None,
            placeholders: BTreeMap::new(),
            chosen: None,
            purpose: None,
            others: Vec::new(),
            fallback: None,
            wording: None,
            note: None,
            bound: None,
        }
    }

    /// Whether the person has an address that a channel reaches.
    #[must_use]
    pub fn has_address(&self, channel: Channel) -> bool {
        std::iter::once(&self.recipient).chain(&self.others).any(|address| address.is_reached_by(channel))
    }

    /// Puts the address that a channel reaches in the first place. The sender was meant for the address that was there
    /// and goes with it.
    pub fn turn_to(&mut self, channel: Channel) {
        if self.recipient.is_reached_by(channel) {
            return;
        }
        if let Some(other) = self.others.iter().position(|address| address.is_reached_by(channel)) {
            std::mem::swap(&mut self.recipient, &mut self.others[other]);
            self.sender = None;
        }
    }

    /// The bytes to seal.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = address_bytes(&self.recipient);
        let has_plan = !self.others.is_empty() || self.fallback.is_some();
        let has_own = self.wording.is_some() || self.note.is_some() || self.chosen.is_some() || self.bound.is_some();
        if self.sender.is_some() || !self.placeholders.is_empty() || self.purpose.is_some() || has_plan || has_own {
            let rest = Rest {
                sender: self.sender.as_deref().map(Cow::Borrowed),
                placeholders: Cow::Borrowed(&self.placeholders),
                chosen: self.chosen.as_ref().map(|pin| pin.expose().into()),
                purpose: self.purpose.as_deref().map(Cow::Borrowed),
                others: self.others.iter().map(|other| URL_SAFE_NO_PAD.encode(address_bytes(other))).collect(),
                fallback: self.fallback.as_ref().map(Cow::Borrowed),
                wording: self.wording.as_ref().map(Cow::Borrowed),
                note: self.note.as_deref().map(Cow::Borrowed),
                bound: self.bound.as_deref().map(Cow::Borrowed),
            };
            serde_json::to_writer(&mut bytes, &rest).expect("strings serialise");
        }
        bytes
    }

    /// Reads what [`Self::encode`] wrote; `None` for anything else.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (recipient, rest) = address(bytes)?;
        let rest: Rest = if rest.is_empty() { Rest::default() } else { serde_json::from_slice(rest).ok()? };
        let other = |text: &String| {
            let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
            address(&bytes).filter(|(_, rest)| rest.is_empty()).map(|(other, _)| other)
        };
        Some(Self {
            recipient,
            others: rest.others.iter().map(other).collect::<Option<_>>()?,
            fallback: rest.fallback.map(Cow::into_owned),
            wording: rest.wording.map(Cow::into_owned),
            note: rest.note.map(Cow::into_owned),
            bound: rest.bound.map(Cow::into_owned),
            sender: rest.sender.map(Cow::into_owned),
            placeholders: rest.placeholders.into_owned(),
            chosen: rest.chosen.as_deref().map(Pin::given),
            purpose: rest.purpose.map(Cow::into_owned),
        })
    }
}

/// Kind, length and address.
fn address_bytes(recipient: &Recipient) -> Vec<u8> {
    let (kind, address) = match recipient {
        Recipient::Phone(phone) => (PHONE, pack(phone.digits())),
        Recipient::Email(email) => (EMAIL, email.address().as_bytes().to_vec()),
        Recipient::Push(address) => (PUSH, address.encode()),
    };
    let length = u16::try_from(address.len()).expect("an address has some kilobytes at most").to_be_bytes();
    let mut bytes = Vec::with_capacity(3 + address.len());
    bytes.push(kind);
    // Numbers and e-mail addresses fit into a byte.
    bytes.extend(if kind == PUSH { &length[..] } else { &length[1..] });
    bytes.extend(address);
    bytes
}

/// The address at the start, and what follows it.
fn address(bytes: &[u8]) -> Option<(Recipient, &[u8])> {
    let (length, after) = match bytes {
        [PUSH, high, low, after @ ..] => (u16::from_be_bytes([*high, *low]), after),
        [_, length, after @ ..] => (u16::from(*length), after),
        _ => return None,
    };
    let (address, rest) = after.split_at_checked(usize::from(length))?;
    let recipient = match *bytes.first()? {
        PHONE => Recipient::Phone(Phone::canonical(unpack(address)?)),
        EMAIL => Recipient::Email(Email::canonical(String::from_utf8(address.to_vec()).ok()?)),
        PUSH => Recipient::Push(PushAddress::decode(address)?),
        _ => return None,
    };
    Some((recipient, rest))
}

fn pack(digits: &str) -> Vec<u8> {
    digits.as_bytes().chunks(2).map(|pair| (pair[0] & 0x0F) << 4 | pair.get(1).map_or(0x0F, |digit| digit & 0x0F)).collect()
}

fn unpack(bytes: &[u8]) -> Option<String> {
    let mut digits = String::with_capacity(bytes.len() * 2);
    for (index, half) in bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0F]).enumerate() {
        match half {
            0..=9 => digits.push(char::from(b'0' + half)),
            0x0F if index + 1 == bytes.len() * 2 => {}
            _ => return None,
        }
    }
    Some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fallback::{On, Step};
    use crate::push::{FcmToken, Subscription};

    #[test]
    fn an_envelope_comes_back() {
        for address in ["41793026727", "390612345678", "john.smith@example.com"] {
            let mut envelope = Envelope::to(Recipient::parse(address).expect(address));
            assert_eq!(Envelope::decode(&envelope.encode()), Some(envelope.clone()));
            envelope.sender = Some("InfoSMS".into());
            envelope.placeholders.insert("name".into(), "{{pin}}".into());
            envelope.chosen = Some(Pin::given("495021"));
            envelope.wording = Some(Wording::parse("text", "Your code is :otp.", ":otp", &[]).expect("a text"));
            envelope.note = Some("{}".into());
            envelope.bound = Some("39.99 to Acme".into());
            assert_eq!(Envelope::decode(&envelope.encode()), Some(envelope));
        }
    }

    #[test]
    fn a_push_address_comes_back() {
        let p256dh = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
        let endpoint = format!("https://push.example.net/{}", "x".repeat(400));
        let web = Subscription::parse(&endpoint, p256dh, "BTBZMqHH6r4Tts7J_aSIgg").expect("a subscription");
        let fcm = FcmToken::parse(&"x".repeat(163)).expect("a token");
        for address in [PushAddress::Web(web), PushAddress::Fcm(fcm)] {
            let mut envelope = Envelope::to(Recipient::Push(address));
            assert_eq!(Envelope::decode(&envelope.encode()), Some(envelope.clone()));
            envelope.chosen = Some(Pin::given("495021"));
            assert_eq!(Envelope::decode(&envelope.encode()), Some(envelope));
        }
    }

    #[test]
    fn further_addresses_and_a_plan_come_back_and_serve_their_channels() {
        let step = Step { channel: Channel::Email, after: 30, on: On::NotVerified };
        let fcm = FcmToken::parse(&"x".repeat(300)).expect("a token");
        let (phone, mail) = ("41793026727", "john.smith@example.com");
        let mut envelope = Envelope {
            sender: Some("InfoSMS".into()),
            others: vec![Recipient::parse(mail).expect(mail), Recipient::Push(PushAddress::Fcm(fcm))],
            fallback: Some(Plan::new(vec![step], Some(Channel::Sms), 60_000).expect("a plan")),
            ..Envelope::to(Recipient::parse(phone).expect(phone))
        };
        assert_eq!(Envelope::decode(&envelope.encode()), Some(envelope.clone()));
        assert!(Channel::ALL.iter().all(|channel| envelope.has_address(*channel)));
        envelope.turn_to(Channel::Voice);
        assert_eq!((envelope.recipient.text(), envelope.sender.as_deref()), (phone, Some("InfoSMS")));
        envelope.turn_to(Channel::Email);
        assert_eq!((envelope.recipient.text(), envelope.sender.as_deref()), (mail, None));
        envelope.others.clear();
        envelope.turn_to(Channel::Sms);
        assert!(!envelope.has_address(Channel::Sms) && envelope.recipient.text() == mail);
    }

    #[test]
    fn a_plain_phone_envelope_is_small() {
        assert_eq!(Envelope::to(Recipient::parse("41793026727").expect("a number")).encode().len(), 8);
    }

    #[test]
    fn foreign_bytes_are_no_envelope() {
        for bytes in [
            &b""[..],
            b"\x02\x00",
            b"\x02\x00\x00",
            b"\x02\x00\x01\x00",
            b"\x03\x00",
            b"\x00\x09\x41",
            b"\x00\x01\xAB",
            b"\x00\x01\x41{",
        ] {
            assert_eq!(Envelope::decode(bytes), None);
        }
    }
}

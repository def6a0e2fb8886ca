//! What the deliveries of one PIN need beside ids: recipient, sender, placeholder values, a code chosen by the
//! caller. Sealed into the PIN's record and gone with it.
//!
//! Layout, version 1: kind byte (0 phone, 1 e-mail), length byte, the recipient (a number packed two digits to a
//! byte, the last half `F` when odd), then nothing or the rest as JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::email::Email;
use crate::phone::Phone;
use crate::pin::Pin;
use crate::recipient::Recipient;

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
}

#[derive(Default, Serialize, Deserialize)]
struct Rest {
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    sender: Option<String>,
    #[serde(rename = "p", default, skip_serializing_if = "BTreeMap::is_empty")]
    placeholders: BTreeMap<String, String>,
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    chosen: Option<String>,
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    purpose: Option<String>,
}

const PHONE: u8 = 0;
const EMAIL: u8 = 1;

impl Envelope {
    /// An envelope with a recipient and nothing else.
    #[must_use]
    pub fn to(recipient: Recipient) -> Self {
        Self { recipient, sender: None, placeholders: BTreeMap::new(), chosen: None, purpose: None }
    }

    /// The bytes to seal.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let (kind, address) = match &self.recipient {
            Recipient::Phone(phone) => (PHONE, pack(phone.digits())),
            Recipient::Email(email) => (EMAIL, email.address().as_bytes().to_vec()),
        };
        let length = u8::try_from(address.len()).expect("an address has at most 254 bytes");
        let mut bytes = Vec::with_capacity(2 + address.len());
        bytes.extend([kind, length]);
        bytes.extend(address);
        if self.sender.is_some() || !self.placeholders.is_empty() || self.chosen.is_some() || self.purpose.is_some() {
            let rest = Rest {
                sender: self.sender.clone(),
                placeholders: self.placeholders.clone(),
                chosen: self.chosen.as_ref().map(|pin| pin.expose().to_owned()),
                purpose: self.purpose.clone(),
            };
            serde_json::to_writer(&mut bytes, &rest).expect("strings serialise");
        }
        bytes
    }

    /// Reads what [`Self::encode`] wrote; `None` for anything else.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let ([kind, length], after) = bytes.split_first_chunk()?;
        let (address, rest) = after.split_at_checked(usize::from(*length))?;
        let recipient = match *kind {
            PHONE => Recipient::Phone(Phone::canonical(unpack(address)?)),
            EMAIL => Recipient::Email(Email::canonical(String::from_utf8(address.to_vec()).ok()?)),
            _ => return None,
        };
        let rest: Rest = if rest.is_empty() { Rest::default() } else { serde_json::from_slice(rest).ok()? };
        Some(Self {
            recipient,
            sender: rest.sender,
            placeholders: rest.placeholders,
            chosen: rest.chosen.as_deref().map(Pin::given),
            purpose: rest.purpose,
        })
    }
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

    #[test]
    fn an_envelope_comes_back() {
        for address in ["41793026727", "390612345678", "john.smith@example.com"] {
            let mut envelope = Envelope::to(Recipient::parse(address).expect(address));
            assert_eq!(Envelope::decode(&envelope.encode()), Some(envelope.clone()));
            envelope.sender = Some("InfoSMS".into());
            envelope.placeholders.insert("name".into(), "{{pin}}".into());
            envelope.chosen = Some(Pin::given("495021"));
            assert_eq!(Envelope::decode(&envelope.encode()), Some(envelope));
        }
    }

    #[test]
    fn a_plain_phone_envelope_is_small() {
        assert_eq!(Envelope::to(Recipient::parse("41793026727").expect("a number")).encode().len(), 8);
    }

    #[test]
    fn foreign_bytes_are_no_envelope() {
        for bytes in [&b""[..], b"\x02\x00", b"\x00\x09\x41", b"\x00\x01\xAB", b"\x00\x01\x41{"] {
            assert_eq!(Envelope::decode(bytes), None);
        }
    }
}

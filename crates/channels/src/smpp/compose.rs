//! Commands from settings and messages.

use pinfold_core::connection::Smpp;
use pinfold_core::phone::Phone;
use rusmpp::pdus::{BindTransceiver, SubmitSm};
use rusmpp::tlvs::MessageSubmissionRequestTlvValue as Parameter;
use rusmpp::types::{AnyOctetString, COctetString, EmptyOrFullCOctetString, OctetString};
use rusmpp::values::{DataCoding, EsmClass, InterfaceVersion, MessagePayload, Npi, RegisteredDelivery, ServiceType, Ton};

use super::text::{Part, parts as text_parts, reference_byte};
use crate::outgoing::Outgoing;
use crate::vendor::seconds_left;

/// The longest sender that a command takes.
pub(super) const SENDER_LIMIT: usize = 20;
/// The longest sender that phones show when it is a name (3GPP TS 23.040, 9.1.2.5).
const NAME_LIMIT: usize = 11;
/// Senders of fewer digits are short codes.
const SHORT_CODE: usize = 8;

/// The `esm_class` of a text with a user data header.
const HAS_HEADER: u8 = 0x40;
/// `registered_delivery`: tell of the final outcome, whatever it is.
const WITH_RECEIPT: u8 = 1;

/// The bind; `None` when a value does not fit.
pub(super) fn bind(smpp: &Smpp) -> Option<BindTransceiver> {
    Some(BindTransceiver {
        system_id: string(&smpp.system_id)?,
        password: string(smpp.password.expose())?,
        system_type: string(smpp.system_type.as_deref().unwrap_or_default())?,
        interface_version: InterfaceVersion::Smpp3_4,
        addr_ton: Ton::Unknown,
        addr_npi: Npi::Unknown,
        address_range: COctetString::empty(),
    })
}

/// The commands of one message. Of several the last one asks for the receipt: when that part arrived, the text is complete.
///
/// # Errors
/// The reason why it cannot be sent.
pub(super) fn parts(
    smpp: &Smpp,
    message: &Outgoing<'_>,
    to: &Phone,
    with_receipt: bool,
    now_ms: u64,
) -> Result<Vec<SubmitSm>, &'static str> {
    let parts = text_parts(message.text, smpp.alphabet, smpp.long_text, reference_byte(message.reference))?;
    let from = message.from.or(smpp.from.as_deref()).unwrap_or_default();
    let (ton, npi) = sender_type(from).ok_or("invalid_sender")?;
    let base = SubmitSm::builder()
        .service_type(ServiceType::new(string(smpp.service_type.as_deref().unwrap_or_default()).ok_or("invalid_request")?))
        .source_addr_ton(Ton::from(smpp.source_ton.unwrap_or(ton)))
        .source_addr_npi(Npi::from(smpp.source_npi.unwrap_or(npi)))
        .source_addr(string(from.strip_prefix('+').unwrap_or(from)).ok_or("invalid_sender")?)
        .dest_addr_ton(Ton::from(smpp.destination_ton))
        .dest_addr_npi(Npi::from(smpp.destination_npi))
        .destination_addr(string(to.digits()).ok_or("invalid_recipient")?)
        .validity_period(validity(smpp, message, now_ms))
        .build();
    let last = parts.len() - 1;
    let submit = |(index, part): (usize, Part)| {
        let mut submit = base.clone();
        submit.esm_class = EsmClass::from(if part.has_header { HAS_HEADER } else { 0 });
        submit.registered_delivery = RegisteredDelivery::from(if with_receipt && index == last { WITH_RECEIPT } else { 0 });
        submit.data_coding = DataCoding::from(part.data_coding);
        if part.is_payload {
            submit.push_tlv(Parameter::MessagePayload(MessagePayload::new(AnyOctetString::from_vec(part.bytes))));
        } else {
            submit.set_short_message(OctetString::from_vec(part.bytes).map_err(|_| "invalid_request")?);
        }
        Ok(submit)
    };
    parts.into_iter().enumerate().map(submit).collect()
}

/// How long the SMSC tries: as long as the PIN lives, but no less than the minute below which some take it for a mistake.
fn validity(smpp: &Smpp, message: &Outgoing<'_>, now_ms: u64) -> EmptyOrFullCOctetString<17> {
    let relative = |seconds: u64| {
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        // Years, months, days; hours, minutes, seconds; tenths, and no time zone, because it is relative (SMPP 3.4, 7.1.1).
        EmptyOrFullCOctetString::from_string(format!("000000{hours:02}{minutes:02}{seconds:02}000R")).ok()
    };
    let left = seconds_left(message, now_ms).filter(|left| smpp.validity && *left < 24 * 3600);
    left.and_then(|left| relative(left.max(60))).unwrap_or_else(EmptyOrFullCOctetString::empty)
}

/// The type of number and numbering plan that a sender's form says; `None` when no phone shows such a sender.
fn sender_type(from: &str) -> Option<(u8, u8)> {
    let digits = from.strip_prefix('+').unwrap_or(from);
    match digits.len() {
        0 if from.is_empty() => Some((0, 0)),
        length if digits.bytes().all(|byte| byte.is_ascii_digit()) => match length {
            1..SHORT_CODE => Some((3, 0)),
            SHORT_CODE..=15 => Some((1, 1)),
            _ => None,
        },
        1..=NAME_LIMIT => Some((5, 0)),
        _ => None,
    }
}

fn string<const LIMIT: usize>(text: &str) -> Option<COctetString<1, LIMIT>> {
    COctetString::from_string(text.to_owned()).ok()
}

#[cfg(test)]
mod tests {
    use pinfold_core::channel::Channel;
    use pinfold_core::recipient::Recipient;
    use serde_json::json;

    use super::*;

    fn composed(from: Option<&str>, text: &str) -> Result<Vec<SubmitSm>, &'static str> {
        let smpp: Smpp =
            serde_json::from_value(json!({"host": "h", "port": 1, "system_id": "s", "password": "p"})).expect("settings");
        let to = Recipient::parse("41793026727").expect("a number");
        let Recipient::Phone(phone) = &to else { panic!("a number") };
        let mut message = Outgoing::new("R1", Channel::Sms, &to, text);
        message.from = from;
        parts(&smpp, &message, phone, true, 0)
    }

    #[test]
    fn the_senders_form_says_what_it_is() {
        let of = |from| {
            composed(from, "x").map(|parts| {
                let part = &parts[0];
                (u8::from(part.source_addr_ton), u8::from(part.source_addr_npi), part.source_addr.as_str().to_owned())
            })
        };
        assert_eq!(of(None), Ok((0, 0, String::new())));
        assert_eq!(of(Some("Bank 24")), Ok((5, 0, "Bank 24".into())));
        assert_eq!(of(Some("+41793026700")), Ok((1, 1, "41793026700".into())));
        assert_eq!(of(Some("12345")), Ok((3, 0, "12345".into())));
        for from in ["a name too long", "+", "Bänk", "1234567890123456", "a\0b"] {
            assert_eq!(of(Some(from)), Err("invalid_sender"), "{from:?}");
        }
    }

    #[test]
    fn the_smsc_tries_as_long_as_the_pin_lives() {
        let smpp = |validity| {
            let settings = json!({"host": "h", "port": 1, "system_id": "s", "password": "p", "validity": validity});
            serde_json::from_value::<Smpp>(settings).expect("settings")
        };
        let (now_ms, to) = (1_795_000_000_000, Recipient::parse("41793026727").expect("a number"));
        let of = |setting, expires_at_ms| {
            let message = Outgoing { expires_at_ms, ..Outgoing::new("R1", Channel::Sms, &to, "495021") };
            validity(&smpp(setting), &message, now_ms).as_str().to_owned()
        };
        assert_eq!(of(true, now_ms + 3_725_500), "000000010205000R");
        assert_eq!(of(true, now_ms + 5_000), "000000000100000R");
        for (setting, expires_at_ms) in [(true, 0), (true, now_ms + 100_000_000), (false, now_ms + 300_000)] {
            assert_eq!(of(setting, expires_at_ms), "");
        }
    }

    #[test]
    fn the_last_part_asks_for_the_receipt() {
        let parts = composed(None, &"x".repeat(400)).expect("parts");
        let asked: Vec<u8> = parts.iter().map(|part| part.registered_delivery.into()).collect();
        assert_eq!(asked, [0, 0, 1]);
        assert!(parts.iter().all(|part| u8::from(part.esm_class) == HAS_HEADER));
    }

    #[test]
    fn a_text_without_a_header_has_no_class() {
        let parts = composed(None, "495021").expect("a part");
        assert_eq!((parts.len(), u8::from(parts[0].esm_class), u8::from(parts[0].data_coding)), (1, 0, 0));
    }
}

//! Receipts that an SMSC sends as messages (`deliver_sm`, rarely `data_sm`): their state stands in optional parameters, in a
//! text of a usual form (SMPP 3.4, appendix B), or in both. The parameters are believed first.

use pinfold_core::connection::SmppReceiptIds;
use pinfold_core::receipt::{Receipt, ReceiptState};
use rusmpp::tlvs::{Tlv, TlvValue};
use rusmpp::values::MessageState;

/// The bits of an `esm_class` that make a message a receipt, or a word from on the way.
const IS_RECEIPT: u8 = 0b0010_0100;
/// The longest id that SMPP knows.
const ID_LIMIT: usize = 64;

/// The receipt in a message from the SMSC; `None` when it is a person's message, or does not say of which message it
/// speaks.
pub(super) fn read(esm_class: u8, text: &[u8], parameters: &[Tlv], ids: SmppReceiptIds) -> Option<Receipt> {
    if esm_class & IS_RECEIPT == 0 {
        return None;
    }
    let (mut id, mut state, mut network_error, mut text) = (None, None, None, text);
    for parameter in parameters {
        match parameter.value() {
            Some(TlvValue::ReceiptedMessageId(value)) => id = plain_id(value.as_str()),
            Some(TlvValue::MessageState(value)) => state = state_of_number(*value),
            Some(TlvValue::NetworkErrorCode(value)) => network_error = Some(format!("smpp_err_{:03}", value.error_code)),
            Some(TlvValue::MessagePayload(payload)) if text.is_empty() => text = payload.value.as_ref(),
            _ => {}
        }
    }
    let text = String::from_utf8_lossy(text);
    let state = state.or_else(|| state_of_word(field(&text, "stat")?)).unwrap_or(ReceiptState::Unknown);
    let provider_id = id.or_else(|| plain_id(field(&text, "id")?).map(|id| as_given_out(id, ids)))?;
    let reason = if state.is_failure() { error(&text).or(network_error) } else { None };
    Some(Receipt { reason, ..Receipt::new(provider_id, state) })
}

/// An id as a name of a message: short and printable, as where it was given out.
pub(super) fn plain_id(id: &str) -> Option<String> {
    ((1..=ID_LIMIT).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())).then(|| id.to_owned())
}

/// The value of a field of the text, such as `stat:DELIVRD`.
fn field<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let mut from = 0;
    loop {
        let rest = &text[from..];
        let at = rest.find(':')?;
        let key = rest[..at].rsplit([' ', '\n', '\r']).next().unwrap_or_default();
        let value = &rest[at + 1..];
        if key.eq_ignore_ascii_case(name) {
            return Some(value.trim_start().split([' ', '\n', '\r']).next().unwrap_or_default());
        }
        // What follows `text:` is the message itself.
        if key.eq_ignore_ascii_case("text") {
            return None;
        }
        from += at + 1;
    }
}

/// The error that the text names, unless it is none.
fn error(text: &str) -> Option<String> {
    let code = field(text, "err")?;
    let is_code = (1..=8).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (is_code && code.bytes().any(|byte| byte != b'0')).then(|| format!("smpp_err_{}", code.to_ascii_lowercase()))
}

/// The id as it was given out, from the way receipts write it; one that is no such number stays.
fn as_given_out(id: String, ids: SmppReceiptIds) -> String {
    match ids {
        SmppReceiptIds::Same => id,
        SmppReceiptIds::Decimal => id.parse().map(|number: u128| format!("{number:X}")).unwrap_or(id),
        SmppReceiptIds::Hexadecimal => u128::from_str_radix(&id, 16).map(|number| number.to_string()).unwrap_or(id),
    }
}

fn state_of_word(word: &str) -> Option<ReceiptState> {
    // Some SMSCs write the words whole, the standard in seven letters.
    let word = word.get(..5).unwrap_or(word).to_ascii_uppercase();
    Some(match word.as_str() {
        "DELIV" => ReceiptState::Delivered,
        "EXPIR" => ReceiptState::Expired,
        "UNDEL" => ReceiptState::Undeliverable,
        "REJEC" | "DELET" => ReceiptState::Rejected,
        "ACCEP" | "ENROU" | "BUFFE" | "SCHED" => ReceiptState::Sent,
        "UNKNO" => ReceiptState::Unknown,
        _ => return None,
    })
}

fn state_of_number(state: MessageState) -> Option<ReceiptState> {
    Some(match state {
        MessageState::Delivered => ReceiptState::Delivered,
        MessageState::Expired => ReceiptState::Expired,
        MessageState::Undeliverable => ReceiptState::Undeliverable,
        MessageState::Rejected | MessageState::Deleted | MessageState::Skipped => ReceiptState::Rejected,
        MessageState::Accepted | MessageState::Enroute | MessageState::Scheduled => ReceiptState::Sent,
        MessageState::Unknown => ReceiptState::Unknown,
        MessageState::Other(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use rusmpp::types::COctetString;

    use super::*;

    fn of_text(text: &str) -> Option<Receipt> {
        read(4, text.as_bytes(), &[], SmppReceiptIds::Same)
    }

    fn receipt(id: &str, state: ReceiptState, reason: Option<&str>) -> Option<Receipt> {
        Some(Receipt { reason: reason.map(str::to_owned), ..Receipt::new(id, state) })
    }

    #[test]
    fn a_text_is_read() {
        let text =
            "id:0123456789 sub:001 dlvrd:001 submit date:2611211200 done date:2611211201 stat:DELIVRD err:000 text:Your PIN";
        assert_eq!(of_text(text), receipt("0123456789", ReceiptState::Delivered, None));
        let text =
            "id:ab-1 sub:001 dlvrd:000 submit date:2611211200 done date:2611211201 stat:UNDELIV err:011 text:id:x stat:DELIVRD";
        assert_eq!(of_text(text), receipt("ab-1", ReceiptState::Undeliverable, Some("smpp_err_011")));
        assert_eq!(of_text("ID: 7 Stat: Expired Err: 0A1"), receipt("7", ReceiptState::Expired, Some("smpp_err_0a1")));
        assert_eq!(of_text("id:7 stat:EN_ROUTE"), receipt("7", ReceiptState::Unknown, None));
        assert_eq!(of_text("id:7\nstat:ACCEPTD err:000"), receipt("7", ReceiptState::Sent, None));
        assert_eq!(of_text("id:7"), receipt("7", ReceiptState::Unknown, None));
    }

    #[test]
    fn what_names_no_message_is_no_receipt() {
        for text in ["", ":", "Hello", "stat:DELIVRD", "id:", "text:id:7 stat:DELIVRD", "id:\u{1}7", "ä:ö id"] {
            assert_eq!(of_text(text), None, "{text:?}");
        }
        assert_eq!(of_text(&format!("id:{}", "7".repeat(65))), None);
        assert_eq!(read(0, b"id:7 stat:DELIVRD", &[], SmppReceiptIds::Same), None, "a person may write anything");
    }

    #[test]
    fn parameters_are_believed_first() {
        let id = COctetString::from_string("77".into()).expect("an id");
        let parameters = [Tlv::new(TlvValue::ReceiptedMessageId(id)), Tlv::new(TlvValue::MessageState(MessageState::Expired))];
        let read = |text: &[u8]| read(4, text, &parameters, SmppReceiptIds::Decimal);
        assert_eq!(read(b""), receipt("77", ReceiptState::Expired, None));
        assert_eq!(read(b"id:1 stat:DELIVRD err:005"), receipt("77", ReceiptState::Expired, Some("smpp_err_005")));
    }

    #[test]
    fn ids_are_turned_back_into_those_given_out() {
        let of = |id: &str, ids| read(4, format!("id:{id} stat:DELIVRD").as_bytes(), &[], ids).map(|receipt| receipt.provider_id);
        assert_eq!(of("0000255", SmppReceiptIds::Decimal).as_deref(), Some("FF"));
        assert_eq!(of("FF", SmppReceiptIds::Hexadecimal).as_deref(), Some("255"));
        assert_eq!(of("x-1", SmppReceiptIds::Decimal).as_deref(), Some("x-1"));
    }
}

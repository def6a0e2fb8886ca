//! Twilio's status callbacks: forms, signed over their address and fields.

use aws_lc_rs::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pinfold_core::receipt::{Receipt, ReceiptState};

use crate::client::is_id;
use crate::receipts::{self, ReceiptRequest, Refused, check_hmac};

pub(super) fn read(auth_token: &str, request: &ReceiptRequest<'_>) -> Result<Vec<Receipt>, Refused> {
    let mut fields = request.form();
    check_signature(auth_token, request, &fields)?;
    if fields.is_empty() {
        fields = request.query();
    }
    let field = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_ref());
    let (sid, state) = match (field("MessageSid").or(field("SmsSid")), field("CallSid")) {
        (Some(sid), _) => (sid, message_state(field("MessageStatus").or(field("SmsStatus")).ok_or(Refused::Unreadable)?)),
        (None, Some(sid)) => (sid, call_state(field("CallStatus").ok_or(Refused::Unreadable)?)),
        (None, None) => return Err(Refused::Unreadable),
    };
    let Some(state) = state else { return Ok(Vec::new()) };
    if !is_id(sid) {
        return Err(Refused::Unreadable);
    }
    let code = field("ErrorCode").filter(|_| state.is_failure());
    Ok(vec![Receipt { reason: code.and_then(|code| receipts::reason("twilio", code)), ..Receipt::new(sid, state) }])
}

/// `None` for messages that came in.
fn message_state(status: &str) -> Option<ReceiptState> {
    Some(match status {
        "accepted" | "scheduled" | "queued" | "sending" | "sent" => ReceiptState::Sent,
        "delivered" => ReceiptState::Delivered,
        "read" => ReceiptState::Read,
        "undelivered" => ReceiptState::Undeliverable,
        "failed" | "canceled" => ReceiptState::Rejected,
        "receiving" | "received" => return None,
        _ => ReceiptState::Unknown,
    })
}

fn call_state(status: &str) -> Option<ReceiptState> {
    Some(match status {
        "queued" | "initiated" | "ringing" => ReceiptState::Sent,
        "in-progress" | "completed" => ReceiptState::Delivered,
        "busy" | "no-answer" => ReceiptState::Undeliverable,
        "failed" | "canceled" => ReceiptState::Rejected,
        _ => ReceiptState::Unknown,
    })
}

/// The address, then every field of the body by its name, names and values without anything between them.
fn check_signature<N: AsRef<str>, V: AsRef<str>>(
    auth_token: &str,
    request: &ReceiptRequest<'_>,
    fields: &[(N, V)],
) -> Result<(), Refused> {
    let mut sorted: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_ref(), value.as_ref())).collect();
    sorted.sort_unstable();
    let mut signed = request.url.to_owned();
    for (name, value) in sorted {
        signed.push_str(name);
        signed.push_str(value);
    }
    let tag = request.header("x-twilio-signature").and_then(|tag| STANDARD.decode(tag).ok());
    check_hmac(HMAC_SHA1_FOR_LEGACY_USE_ONLY, auth_token, signed.as_bytes(), tag.as_deref())
}

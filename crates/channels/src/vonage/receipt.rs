//! Vonage's webhooks: of the SMS API, of the Messages API and of calls.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac::HMAC_SHA256;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use pinfold_core::price::{Currency, Price};
use pinfold_core::receipt::{Receipt, ReceiptState};
use serde::Deserialize;
use serde_json::Value;

use crate::client::is_id;
use crate::receipts::{self, ReceiptRequest, Refused, check_hmac, code};
use crate::vendor;

/// What the token of a webhook claims.
#[derive(Deserialize)]
struct Claims {
    /// The SHA-256 of the body, in hexadecimal.
    payload_hash: Option<String>,
}

pub(super) fn read(secret: Option<&str>, request: &ReceiptRequest<'_>) -> Result<Vec<Receipt>, Refused> {
    let given = values(request)?;
    if let Some(secret) = secret {
        match request.header("authorization").and_then(|value| value.strip_prefix("Bearer ")) {
            Some(token) => check_token(secret, token, request.body)?,
            None => check_signature(secret, &given)?,
        }
    }
    let text = |name: &str| given.get(name).and_then(code);
    let Some(status) = text("status") else { return Ok(Vec::new()) };
    let receipt = match (text("message_uuid"), text("messageId"), text("uuid")) {
        (Some(id), ..) => Receipt { price: usage(&given), ..message(id, &status, &given) },
        (None, Some(id), _) => Receipt { price: euros(&given), ..sms(id, &status, text("err-code")) },
        (None, None, Some(id)) => Receipt { price: euros(&given), ..call(id, &status) },
        _ => return Err(Refused::Unreadable),
    };
    if !is_id(&receipt.provider_id) {
        return Err(Refused::Unreadable);
    }
    let at = text("timestamp").or(text("message-timestamp"));
    Ok(vec![Receipt { at_ms: at.as_deref().and_then(time), ..receipt }])
}

type Values = BTreeMap<String, Value>;

/// What the webhook says, wherever it says it.
fn values(request: &ReceiptRequest<'_>) -> Result<Values, Refused> {
    if request.is_json() {
        return serde_json::from_slice(request.body).map_err(|_| Refused::Unreadable);
    }
    let pairs = if request.body.is_empty() { request.query() } else { request.form() };
    Ok(pairs.into_iter().map(|(name, value)| (name.into_owned(), value.into_owned().into())).collect())
}

fn message(id: String, status: &str, given: &Values) -> Receipt {
    let state = match status {
        "submitted" => ReceiptState::Sent,
        "delivered" => ReceiptState::Delivered,
        "read" => ReceiptState::Read,
        "rejected" => ReceiptState::Rejected,
        "undeliverable" => ReceiptState::Undeliverable,
        _ => ReceiptState::Unknown,
    };
    let kind = given.get("error").and_then(|error| error["type"].as_str());
    let code = kind.and_then(|kind| kind.rsplit_once('#')).map(|(_, code)| code);
    Receipt { reason: code.and_then(|code| receipts::reason("vonage", code)), ..Receipt::new(id, state) }
}

fn sms(id: String, status: &str, error: Option<String>) -> Receipt {
    let state = match status {
        "accepted" | "buffered" => ReceiptState::Sent,
        "delivered" => ReceiptState::Delivered,
        "expired" => ReceiptState::Expired,
        "failed" => ReceiptState::Undeliverable,
        "rejected" | "deleted" => ReceiptState::Rejected,
        _ => ReceiptState::Unknown,
    };
    let error = error.filter(|code| code != "0");
    Receipt { reason: error.and_then(|code| receipts::reason("vonage", &code)), ..Receipt::new(id, state) }
}

fn call(id: String, status: &str) -> Receipt {
    let state = match status {
        "started" | "ringing" => ReceiptState::Sent,
        "answered" | "machine" | "human" | "completed" => ReceiptState::Delivered,
        "busy" | "timeout" | "unanswered" => ReceiptState::Undeliverable,
        "cancelled" | "failed" | "rejected" => ReceiptState::Rejected,
        _ => ReceiptState::Unknown,
    };
    let reason = if state.is_failure() { receipts::reason("vonage", status) } else { None };
    Receipt { reason, ..Receipt::new(id, state) }
}

fn usage(given: &Values) -> Option<Price> {
    let usage = given.get("usage")?;
    vendor::price(usage.get("price"), usage.get("currency"))
}

/// Prices without a currency are in euros.
fn euros(given: &Values) -> Option<Price> {
    Price::parse(&code(given.get("price")?)?, Currency::EUR.code())
}

/// With an offset, or without one in UTC.
fn time(text: &str) -> Option<u64> {
    receipts::time(text).or_else(|| receipts::time(&format!("{}Z", text.get(..19)?.replace(' ', "T"))))
}

/// A token that the secret signed, for this very body.
fn check_token(secret: &str, token: &str, body: &[u8]) -> Result<(), Refused> {
    let mut validation = Validation::new(Algorithm::HS256);
    // A repeated receipt changes nothing: its age does not matter.
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    let key = DecodingKey::from_secret(secret.as_bytes());
    let claims = decode::<Claims>(token, &key, &validation).map_err(|_| Refused::Unsigned)?.claims;
    let hash = hex::encode(digest(&SHA256, body));
    let is_of_body = claims.payload_hash.is_some_and(|claimed| claimed.eq_ignore_ascii_case(&hash));
    if body.is_empty() || is_of_body { Ok(()) } else { Err(Refused::Unsigned) }
}

/// The SMS API's own signature: an HMAC over all values by their names.
fn check_signature(secret: &str, given: &Values) -> Result<(), Refused> {
    let mut signed = String::new();
    for (name, value) in given.iter().filter(|(name, _)| *name != "sig") {
        let value = code(value).ok_or(Refused::Unsigned)?.replace(['&', '='], "_");
        signed += &format!("&{name}={value}");
    }
    let tag = given.get("sig").and_then(Value::as_str).and_then(|tag| hex::decode(tag).ok());
    check_hmac(HMAC_SHA256, secret, signed.as_bytes(), tag.as_deref())
}

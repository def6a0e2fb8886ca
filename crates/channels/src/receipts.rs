//! Delivery receipts that providers push: who sent them, and what they say. Pure: the request comes in, receipts go out.

use std::borrow::Cow;

use aws_lc_rs::hmac;
use pinfold_core::connection::Provider;
use pinfold_core::receipt::Receipt;
use serde_json::Value;

use crate::kinds::kind;

/// A request of a provider to the address it was given for receipts.
#[derive(Clone, Copy)]
pub struct ReceiptRequest<'a> {
    /// The method, in upper case.
    pub method: &'a str,
    /// The whole address as the provider was given it, with the query of this request: signatures cover it.
    pub url: &'a str,
    /// The headers; names in any case.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body.
    pub body: &'a [u8],
    /// Now, in Unix milliseconds.
    pub now_ms: u64,
}

/// The request gives no receipts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Providers of this kind push none.
    #[error("providers of this kind send no receipts")]
    Unsupported,
    /// The signature is missing, wrong or too old.
    #[error("the signature does not fit")]
    Unsigned,
    /// It is no receipt.
    #[error("the request cannot be read as a receipt")]
    Unreadable,
}

/// The receipts in a provider's request; none when it tells of something else, such as an incoming message.
///
/// # Errors
/// [`Refused`] when the request is not the provider's, or cannot be read.
pub fn receipts(provider: &Provider, request: &ReceiptRequest<'_>) -> Result<Vec<Receipt>, Refused> {
    kind(provider).receipts(request)
}

/// Whether providers of this kind push receipts.
#[must_use]
pub fn pushes_receipts(provider: &Provider) -> bool {
    let empty = ReceiptRequest { method: "POST", url: "", headers: &[], body: b"", now_ms: 0 };
    receipts(provider, &empty) != Err(Refused::Unsupported)
}

impl ReceiptRequest<'_> {
    /// A header, by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }

    /// The pairs of the query.
    pub(crate) fn query(&self) -> Vec<(Cow<'_, str>, Cow<'_, str>)> {
        let query = self.url.split_once('?').map_or("", |(_, query)| query);
        form_urlencoded::parse(query.split('#').next().unwrap_or_default().as_bytes()).collect()
    }

    /// The pairs of a form in the body.
    pub(crate) fn form(&self) -> Vec<(Cow<'_, str>, Cow<'_, str>)> {
        if self.is_json() { Vec::new() } else { form_urlencoded::parse(self.body).collect() }
    }

    /// Whether the body is said to be JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.header("content-type").is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("application/json"))
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Result<Value, Refused> {
        serde_json::from_slice(self.body).map_err(|_| Refused::Unreadable)
    }
}

/// Refuses unless `tag` is the HMAC of `text`.
pub(crate) fn check_hmac(algorithm: hmac::Algorithm, key: &str, text: &[u8], tag: Option<&[u8]>) -> Result<(), Refused> {
    let key = hmac::Key::new(algorithm, key.as_bytes());
    hmac::verify(&key, text, tag.ok_or(Refused::Unsigned)?).map_err(|_| Refused::Unsigned)
}

/// A provider's own code as a reason: short, and of letters, digits and underscores only.
pub(crate) fn reason(vendor: &str, code: &str) -> Option<String> {
    let code = code.trim_start_matches('-');
    let is_code =
        (1..=40).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    is_code.then(|| format!("{vendor}_{}", code.to_ascii_lowercase().replace('-', "_")))
}

/// A code that is written as a number or as text.
pub(crate) fn code(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A time with its offset from UTC, in Unix milliseconds.
pub(crate) fn time(text: &str) -> Option<u64> {
    let parsed =
        chrono::DateTime::parse_from_rfc3339(text).or_else(|_| chrono::DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"));
    u64::try_from(parsed.ok()?.timestamp_millis()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_push_receipts_is_known_without_one() {
        assert!(!pushes_receipts(&Provider::Simulator {}));
        let infobip = serde_json::json!({ "kind": "infobip", "base_url": "https://x.api.infobip.com", "api_key": "k" });
        assert!(pushes_receipts(&serde_json::from_value(infobip).expect("a provider")));
    }

    #[test]
    fn times_are_read_as_vendors_write_them() {
        assert_eq!(time("2019-11-09T16:00:00.000+0000"), Some(1_573_315_200_000));
        assert_eq!(time("2019-11-09T17:00:00.5+01:00"), Some(1_573_315_200_500));
        assert_eq!(time("2019-11-09T16:00:00Z"), Some(1_573_315_200_000));
        assert_eq!(time("2019-11-09 16:00"), None);
        assert_eq!(time("1950-11-09T16:00:00Z"), None);
    }

    #[test]
    fn a_reason_has_none_of_a_vendors_words() {
        assert_eq!(reason("twilio", "30003").as_deref(), Some("twilio_30003"));
        assert_eq!(reason("x", "no such number 4179"), None);
        assert_eq!(reason("x", ""), None);
    }
}

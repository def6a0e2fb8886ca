//! Shapes and mappings that several operations of the dialect share.

use pinfold_core::channel::Channel;
use pinfold_core::recipient::Recipient;
use pinfold_http::Problem;
use pinfold_http::clock::rfc3339_seconds;
use serde::Serialize;
use utoipa::ToSchema;

/// A code on its way.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Queued {
    /// The id by which it can be resent, read and canceled.
    pub(crate) request_id: String,
    /// Always `queued`.
    #[schema(value_type = String, example = "queued")]
    status: &'static str,
    /// The number or address, canonical.
    #[schema(example = "+16175550123")]
    to: String,
    /// The way it goes.
    #[schema(value_type = String, example = "sms")]
    channel: &'static str,
    /// When it was accepted.
    #[schema(example = "2025-10-04T14:20:00Z")]
    created_at: String,
    /// When it dies.
    #[schema(example = "2025-10-04T14:25:00Z")]
    expires_at: String,
}

impl Queued {
    pub(crate) fn new(request_id: String, to: &Recipient, channel: Channel, created_ms: u64, expires_ms: u64) -> Self {
        Self {
            request_id,
            status: "queued",
            to: international(to),
            channel: channel.name(),
            created_at: rfc3339_seconds(created_ms),
            expires_at: rfc3339_seconds(expires_ms),
        }
    }
}

/// The recipient as E.164 with its plus, or as an address. What a push message goes to is not repeated.
pub(crate) fn international(recipient: &Recipient) -> String {
    match recipient {
        Recipient::Phone(phone) => ["+", phone.digits()].concat(),
        Recipient::Email(email) => email.address().to_owned(),
        Recipient::Push(_) => recipient.masked(),
    }
}

/// Checks what a code is for.
///
/// # Errors
/// 400 naming the field.
pub(crate) fn check_purpose(purpose: Option<&str>) -> Result<&str, Problem> {
    let purpose = purpose.unwrap_or_default();
    let is_plain = purpose.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    if purpose.len() <= 64 && is_plain {
        Ok(purpose)
    } else {
        Err(Problem::field("purpose", "must have at most 64 letters, digits, _ - or ."))
    }
}

//! A message as a client sees it.

use pinfold_http::twilio::{sid, time};
use pinfold_postgres::Attempt;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::super::note::attempt_sid;
use super::super::{Place, channel_name};

/// A message of a verification.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TwilioVerificationAttempt)]
pub(super) struct AttemptView {
    /// Its SID.
    #[schema(example = "VL0933f3bc087d2a617ac6dcb2ef5b8a61")]
    sid: String,
    account_sid: String,
    service_sid: Option<String>,
    verification_sid: String,
    date_created: String,
    date_updated: String,
    /// `converted` for the last message of a verification that was approved; `unconverted` for all others.
    #[schema(value_type = String, example = "unconverted")]
    conversion_status: &'static str,
    /// The way it went.
    #[schema(value_type = String, example = "sms")]
    channel: &'static str,
    /// What it cost, where the provider says so.
    #[schema(value_type = Object)]
    price: Value,
    /// Where it went: never said, because no number is recorded.
    #[schema(value_type = Object)]
    channel_data: Value,
    url: String,
}

impl AttemptView {
    pub(super) fn new(attempt: Attempt, place: &Place) -> Self {
        let attempt_sid = attempt_sid(attempt.pin, attempt.delivery);
        let price = attempt.price.map(|price| {
            json!({ "value": format!("{}.{:06}", price.micros / 1_000_000, price.micros % 1_000_000), "currency": price.currency })
        });
        Self {
            account_sid: place.account_sid.clone(),
            service_sid: attempt.application.map(|application| sid("VA", application)),
            verification_sid: sid("VE", attempt.pin),
            date_created: time(attempt.at_ms),
            date_updated: time(attempt.at_ms),
            conversion_status: if attempt.is_converted { "converted" } else { "unconverted" },
            channel: channel_name(attempt.channel),
            price: price.unwrap_or_else(|| json!({ "value": null, "currency": null })),
            channel_data: json!({ "to": null }),
            url: place.base.url(&format!("/v2/Attempts/{attempt_sid}")),
            sid: attempt_sid,
        }
    }
}

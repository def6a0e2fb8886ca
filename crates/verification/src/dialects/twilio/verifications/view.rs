//! A verification as a client sees it.

use pinfold_core::channel::Channel;
use pinfold_core::id::PinId;
use pinfold_core::recipient::Recipient;
use pinfold_http::twilio::{sid, time};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::super::note::{Note, attempt_sid};
use super::super::{Place, channel_name};
use crate::dialects::otp_v1::wire::international;

/// A verification.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TwilioVerification)]
pub(in super::super) struct VerificationView {
    /// Its SID.
    #[schema(example = "VE0933f3bc087d2a617ac6dcb2ef5b8a61")]
    sid: String,
    service_sid: String,
    account_sid: String,
    /// The number or address, canonical.
    #[schema(example = "+15017122661")]
    to: String,
    /// The way of the last message.
    #[schema(value_type = String, example = "sms")]
    channel: &'static str,
    /// `pending`, `approved`, `canceled`, `max_attempts_reached` or `expired`.
    #[schema(value_type = String, example = "pending")]
    status: &'static str,
    /// Whether it was approved.
    valid: bool,
    /// Nothing: numbers are not looked up.
    #[schema(value_type = Object)]
    lookup: Value,
    /// What a transaction moves.
    amount: Option<String>,
    /// Who gets it.
    payee: Option<String>,
    /// Its messages.
    send_code_attempts: Vec<AttemptView>,
    date_created: String,
    date_updated: String,
    /// Nothing: there is no silent network authentication.
    #[schema(value_type = Option<Object>)]
    sna: Value,
    url: String,
}

/// One message of a verification.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TwilioSendCodeAttempt)]
struct AttemptView {
    attempt_sid: String,
    #[schema(value_type = String, example = "sms")]
    channel: &'static str,
    time: String,
}

/// Where it stands, by the vendor's word.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Standing(pub(in super::super) &'static str);

impl VerificationView {
    pub(in super::super) fn new(
        pin: PinId,
        (to, note): (&Recipient, Note),
        channel: Channel,
        created_ms: u64,
        standing: Standing,
        place: &Place,
    ) -> Self {
        let sid = sid("VE", pin);
        let created = time(created_ms);
        // Mostly all of it happened in one second.
        let time = |ms: u64| if ms / 1_000 == created_ms / 1_000 { created.clone() } else { time(ms) };
        let attempt = |(number, (at_ms, channel)): (u8, &(u64, Channel))| AttemptView {
            attempt_sid: attempt_sid(pin, number),
            channel: channel_name(*channel),
            time: time(*at_ms),
        };
        let updated_ms = note.attempts.last().map_or(created_ms, |(at_ms, _)| *at_ms).max(created_ms);
        Self {
            service_sid: place.service_sid.clone(),
            account_sid: place.account_sid.clone(),
            to: international(to),
            channel: channel_name(channel),
            status: standing.0,
            valid: standing.0 == "approved",
            lookup: json!({}),
            send_code_attempts: (1..).zip(&note.attempts).map(attempt).collect(),
            amount: note.amount,
            payee: note.payee,
            date_updated: time(updated_ms),
            date_created: created.clone(),
            sna: Value::Null,
            url: place.base.url_of(&["/v2/Services/", &place.service_sid, "/Verifications/", &sid]),
            sid,
        }
    }
}

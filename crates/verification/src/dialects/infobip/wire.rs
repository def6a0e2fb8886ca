//! Shapes and mappings that several operations of the dialect share.

use std::collections::BTreeMap;

use actix_web::HttpRequest;
use pinfold_core::channel::Channel;
use pinfold_http::{Caller, Problem};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::super::{id, trace};
use crate::State;
use crate::idempotency::IdempotencyKey;
use crate::resend::{Resend, Resent, resend};
use crate::send::{Send, Sent, send};

/// A flag of a query in any case; what is neither counts as not given, because clients write `undefined` and nothing.
pub(super) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok([true, false].into_iter().find(|flag| text.eq_ignore_ascii_case(&flag.to_string())))
}

/// A PIN to send by SMS or voice.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StartAuthentication {
    /// The application.
    #[schema(example = "0933F3BC087D2A617AC6DCB2EF5B8A61")]
    pub(crate) application_id: String,
    /// The message template.
    #[schema(example = "B628A31410306DDB2BFB0D9CF1F3A3FF")]
    pub(crate) message_id: String,
    /// The phone number in international form; every spelling of a number counts as one.
    #[schema(example = "41793026727")]
    pub(crate) to: String,
    /// The sender, instead of the template's.
    #[schema(example = "InfoSMS", min_length = 1, max_length = 16)]
    pub(crate) from: Option<String>,
    /// Values of the template's placeholders; exactly those that it uses.
    pub(crate) placeholders: Option<BTreeMap<String, String>>,
    /// Whether the answer carries an id for delivery reports.
    pub(crate) track_delivery: Option<bool>,
}

/// What a resend by SMS or voice may change.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ResendPin {
    /// New values of the template's placeholders; without, those of the send.
    pub(crate) placeholders: Option<BTreeMap<String, String>>,
    /// Whether the answer carries an id for delivery reports.
    pub(crate) track_delivery: Option<bool>,
}

/// A PIN on its way by SMS.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SmsStarted {
    /// The PIN's id.
    pub(crate) pin_id: String,
    /// The number, canonical.
    pub(crate) to: String,
    /// What is known of the number.
    #[schema(value_type = String, example = "NC_NOT_CONFIGURED")]
    pub(crate) nc_status: &'static str,
    /// Whether a message is on its way.
    #[schema(value_type = String, example = "MESSAGE_SENT")]
    pub(crate) sms_status: &'static str,
    /// The id for delivery reports, when it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) external_message_id: Option<String>,
}

/// A PIN on its way by voice.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CallStarted {
    /// The PIN's id.
    pub(crate) pin_id: String,
    /// The number, canonical.
    pub(crate) to: String,
    /// The state of the call.
    #[schema(value_type = String, example = "PENDING_ACCEPTED")]
    pub(crate) call_status: &'static str,
    /// The id for delivery reports, when it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) external_message_id: Option<String>,
}

/// A PIN on its way by e-mail.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EmailStarted {
    /// The PIN's id.
    pub(crate) pin_id: String,
    /// The address, canonical.
    pub(crate) to: String,
    /// The state of the e-mail.
    pub(crate) email_status: EmailStatus,
}

/// The state of an e-mail.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EmailStatus {
    /// Its name.
    #[schema(value_type = String, example = "PENDING_ACCEPTED")]
    name: &'static str,
    /// The same for people.
    #[schema(value_type = String)]
    description: &'static str,
}

pub(crate) const ACCEPTED: &str = "PENDING_ACCEPTED";

impl EmailStarted {
    pub(crate) fn new(pin_id: String, to: String) -> Self {
        let email_status = EmailStatus { name: ACCEPTED, description: "Message accepted, pending for delivery." };
        Self { pin_id, to, email_status }
    }
}

/// What the three ways of sending have in common.
pub(crate) struct Start<'a> {
    pub(crate) channel: Channel,
    pub(crate) operation: &'static str,
    pub(crate) application_id: &'a str,
    pub(crate) message_id: &'a str,
    pub(crate) to: &'a str,
    pub(crate) from: Option<String>,
    pub(crate) placeholders: BTreeMap<String, String>,
    /// See [`Send::checks_line`].
    pub(crate) checks_line: bool,
    pub(crate) body: &'a [u8],
}

/// Sends, as all three ways do.
///
/// # Errors
/// See [`send`].
pub(crate) async fn start(state: &State, caller: &Caller, request: &HttpRequest, start: Start<'_>) -> Result<Sent, Problem> {
    let trace = trace(request);
    let idempotency = match IdempotencyKey::of(request)? {
        Some(key) => Some(key.hashed(&state.snapshot(caller.tenant).await?.keys, start.operation, &[start.body])),
        None => None,
    };
    let pin = Send {
        is_once: false,
        message: Some(id(start.message_id)?),
        sender: start.from,
        placeholders: start.placeholders,
        idempotency,
        checks_line: start.checks_line,
        trace: trace.as_deref(),
        ..Send::new(id(start.application_id)?, start.channel, start.to)
    };
    send(state, caller, pin).await
}

/// Sends again, as all three ways do.
///
/// # Errors
/// See [`resend`].
pub(crate) async fn again(
    state: &State,
    caller: &Caller,
    request: &HttpRequest,
    pin_id: &str,
    channel: Channel,
    placeholders: Option<BTreeMap<String, String>>,
    body: &[u8],
) -> Result<Resent, Problem> {
    let snapshot = state.snapshot(caller.tenant).await?;
    let trace = trace(request);
    let operation = format!("resend {channel} {pin_id}");
    let idempotency = IdempotencyKey::of(request)?.map(|key| key.hashed(&snapshot.keys, &operation, &[body]));
    let pin = Resend {
        channel: Some(channel),
        // Clients send an empty object when they have nothing to say.
        placeholders: placeholders.filter(|values| !values.is_empty()),
        idempotency,
        trace: trace.as_deref(),
        ..Resend::new(id(pin_id)?)
    };
    resend(state, &snapshot, caller, pin).await
}

/// The id of one message of a PIN, for delivery reports.
pub(crate) fn external_id(track: Option<bool>, pin_id: &str, delivery: u8) -> Option<String> {
    track.unwrap_or(false).then(|| format!("{pin_id}-{delivery}"))
}

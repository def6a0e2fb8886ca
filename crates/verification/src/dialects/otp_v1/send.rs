//! Sends a code to a number or address. Without further wishes: by SMS or e-mail, six digits, the application's life.

use std::collections::BTreeMap;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use pinfold_core::channel::{Channel, UnknownChannel};
use pinfold_http::dialect::OtpError;
use pinfold_http::{Authorized, Body, PinSend, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::{application, id, trace};
use super::fallback::{FallbackStep, PushPlace, others, steps};
use super::wire::{Queued, check_purpose};
use crate::State;
use crate::fraud::{address, key};
use crate::idempotency::IdempotencyKey;
use crate::send::{Send, send};

/// A code to send.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SendOtpRequest {
    /// A phone number in E.164 form, or an e-mail address.
    #[schema(example = "+16175550123")]
    to: String,
    /// The code's length; 6 without a template.
    #[schema(example = 6, minimum = 4, maximum = 10)]
    otp_length: Option<i64>,
    /// `sms`, `voice` or `email`; without, SMS for a number and e-mail for an address.
    #[schema(example = "sms")]
    channel: Option<String>,
    /// The code's life in seconds; without, the application's.
    #[schema(example = 300, minimum = 1)]
    ttl_seconds: Option<u64>,
    /// The application; without, the API key's own.
    application_id: Option<String>,
    /// A message template of the application; without, its built-in text.
    message_id: Option<String>,
    /// Values of the template's placeholders.
    placeholders: Option<BTreeMap<String, String>>,
    /// The sender, instead of the template's.
    from: Option<String>,
    /// What the code is for; it verifies for the same purpose only.
    #[schema(example = "login")]
    purpose: Option<String>,
    /// A code of your own instead of a random one: 4 to 10 letters and digits. It is kept sealed until its end.
    code: Option<String>,
    /// What follows when the message does not reach its person, instead of the template's plan; empty for nothing. At most
    /// four steps, in order. All share the code, its life, its guesses and the limits of the number.
    fallback: Option<Vec<FallbackStep>>,
    /// The person's phone number, for steps by SMS and voice.
    phone: Option<String>,
    /// The person's e-mail address, for steps by e-mail.
    #[schema(example = "john.smith@example.com")]
    email: Option<String>,
    /// The address from which the person asked for the code, as you see it: the fraud guard counts by it. Of IPv6 the first 64 bits
    /// count.
    #[schema(example = "192.0.2.7")]
    end_user_ip: Option<String>,
    /// Anything else that the fraud guard should count by, such as a device or an account of yours; kept as a keyed hash.
    #[schema(example = "device-7c1d", max_length = 255)]
    risk_key: Option<String>,
    /// Where the person's app or browser takes push messages, for steps by push.
    push: Option<PushPlace>,
}

/// Send a code.
#[utoipa::path(
    post,
    path = "/v1/otp",
    operation_id = "otp.send",
    tag = "Codes (generic)",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key and body within a day give the first answer again")),
    request_body = SendOtpRequest,
    responses(
        (status = 200, description = "On its way", body = Queued),
        (status = 400, description = "A field breaks a bound", body = OtpError),
        (status = 401, description = "No valid credential", body = OtpError),
        (status = 403, description = "Not allowed", body = OtpError),
        (status = 404, description = "No such application or template", body = OtpError),
        (status = 413, description = "Body too large", body = OtpError),
        (status = 415, description = "Not JSON", body = OtpError),
        (status = 422, description = "The idempotency key was used with another request", body = OtpError),
        (status = 429, description = "A limit; see Retry-After", body = OtpError),
        (status = 503, description = "Not available; see Retry-After", body = OtpError),
    )
)]
pub async fn handler(
    caller: Authorized<PinSend>,
    state: Data<State>,
    request: HttpRequest,
    body: Body<SendOtpRequest>,
) -> Result<HttpResponse, Problem> {
    let Body { value: asked, bytes } = body;
    let snapshot = state.snapshot(caller.tenant).await?;
    let channel = match asked.channel.as_deref() {
        None if asked.to.contains('@') => Channel::Email,
        None => Channel::Sms,
        Some(channel) => channel.parse().map_err(|error: UnknownChannel| Problem::field("channel", error.to_string()))?,
    };
    if asked.code.is_some() && asked.otp_length.is_some() {
        return Err(Problem::field("otpLength", "must not be given together with code"));
    }
    let length = asked.otp_length.map(|length| state.ceilings.check_length("otpLength", length)).transpose()?;
    let time_to_live_ms = asked.ttl_seconds.map(|seconds| seconds.saturating_mul(1_000));
    if let Some(millis) = time_to_live_ms {
        state.ceilings.check_life("ttlSeconds", millis)?;
    }
    let trace = trace(&request);
    let idempotency = IdempotencyKey::of(&request)?.map(|key| key.hashed(&snapshot.keys, "otp send", &[&bytes]));
    let pin = Send {
        message: asked.message_id.as_deref().map(id).transpose()?,
        sender: asked.from,
        placeholders: asked.placeholders.unwrap_or_default(),
        time_to_live_ms,
        length,
        code: asked.code.as_deref(),
        purpose: Some(check_purpose(asked.purpose.as_deref())?),
        end_user_ip: address("endUserIp", asked.end_user_ip.as_deref())?,
        risk_key: key("riskKey", asked.risk_key.as_deref())?,
        idempotency,
        fallback: asked.fallback.map(steps).transpose()?,
        others: others(asked.phone.as_deref(), asked.email.as_deref(), asked.push)?,
        trace: trace.as_deref(),
        ..Send::new(application(&snapshot, &caller, asked.application_id.as_deref())?, channel, &asked.to)
    };
    let sent = send(&state, &caller, pin).await?;
    Ok(HttpResponse::Ok().json(Queued::new(sent.pin.to_string(), &sent.recipient, channel, sent.created_ms, sent.expires_ms)))
}

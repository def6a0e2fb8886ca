//! Sends a code: six digits and five minutes when the request does not say. A code that waits is ended by the new one.

use std::fmt;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use pinfold_core::channel::Channel;
use pinfold_core::life::WhenLive;
use pinfold_core::wording::Wording;
use pinfold_http::clock::rfc3339_manila;
use pinfold_http::dialect::IprogError;
use pinfold_http::{Anywhere, Authorized, PinSend, Problem};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::super::{application, five_minutes, trace};
use super::{digits, phone};
use crate::State;
use crate::idempotency::IdempotencyKey;
use crate::send::{Send, send};

/// Checks of a code, whatever the application says.
const ATTEMPTS: u8 = 5;

/// A code to send.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = IprogSendRequest)]
pub struct SendRequest {
    /// The API key, unless it is in the query.
    #[serde(default, rename = "api_token")]
    _api_token: Option<String>,
    /// The number, such as `639171234567` or `09171234567`.
    #[serde(deserialize_with = "digits")]
    #[schema(example = "639171234567")]
    phone_number: String,
    /// The text, with `:otp` once.
    #[schema(example = "Your OTP code is :otp. Do not share this code with anyone.")]
    message: Option<String>,
    /// The code's life in minutes; 5 when it is left out.
    #[serde(default, deserialize_with = "whole")]
    #[schema(example = 5, minimum = 1)]
    expires_in_minutes: Option<u64>,
}

/// A code on its way.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IprogSent)]
pub struct SentView {
    /// `success`.
    #[schema(value_type = String, example = "success")]
    status: &'static str,
    /// What happened.
    #[schema(value_type = String, example = "OTP sent successfully")]
    message: &'static str,
    /// What was sent. The code is not told.
    data: SentData,
}

/// What was sent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IprogSentData)]
struct SentData {
    /// The number, canonical.
    #[schema(example = "639171234567")]
    phone_number: String,
    /// When the code dies, by the clock of Manila.
    #[schema(example = "2025-10-04T14:25:00.000+08:00")]
    otp_code_expires_at: String,
}

/// Send a code.
#[utoipa::path(
    post,
    path = "/api/v1/otp/send_otp",
    operation_id = "iprog.send",
    tag = "IPROG OTP",
    params(
        ("api_token" = Option<String>, Query, description = "The API key, unless it is in the body"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key and body within a day give the first answer again"),
    ),
    request_body = SendRequest,
    responses(
        (status = 200, description = "On its way, or what is wrong: `status` says which", body = inline(Answer)),
        (status = 413, description = "Body too large", body = IprogError),
        (status = 415, description = "Neither JSON nor a form", body = IprogError),
        (status = 503, description = "Not available; see Retry-After", body = IprogError),
    )
)]
pub async fn handler(
    caller: Authorized<PinSend>,
    state: Data<State>,
    request: HttpRequest,
    body: Anywhere<SendRequest>,
) -> Result<HttpResponse, Problem> {
    let Anywhere { value: asked, bytes } = body;
    let snapshot = state.snapshot(caller.tenant).await?;
    let to = phone(&asked.phone_number)?;
    let time_to_live_ms = match asked.expires_in_minutes.map(|minutes| minutes.saturating_mul(60_000)) {
        None => five_minutes(&state),
        Some(millis) => state.ceilings.check_life("expires_in_minutes", millis).map(|()| millis)?,
    };
    let wording = asked.message.as_deref().map(|text| Wording::parse("message", text, ":otp", &[])).transpose()?;
    let trace = trace(&request);
    let pin = Send {
        time_to_live_ms: Some(time_to_live_ms),
        attempts: Some(ATTEMPTS),
        wording,
        purpose: Some(""),
        when_live: WhenLive::Supersede,
        idempotency: IdempotencyKey::of(&request)?.map(|key| key.hashed(&snapshot.keys, "iprog send", &[&bytes])),
        trace: trace.as_deref(),
        ..Send::new(application(&snapshot, &caller, None)?, Channel::Sms, to)
    };
    let sent = send(&state, &caller, pin).await?;
    Ok(HttpResponse::Ok().json(SentView::new(sent.recipient.text(), sent.expires_ms)))
}

/// What a send answers.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes the answers")]
enum Answer {
    Sent(SentView),
    Refused(IprogError),
}

impl SentView {
    fn new(phone_number: &str, expires_ms: u64) -> Self {
        let data = SentData { phone_number: phone_number.to_owned(), otp_code_expires_at: rfc3339_manila(expires_ms) };
        Self { status: "success", message: "OTP sent successfully", data }
    }
}

/// A whole number, as a number or as its digits: clients of this vendor write both.
fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    struct Whole;
    impl<'de> Visitor<'de> for Whole {
        type Value = Option<u64>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a whole number")
        }

        fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
            Ok(Some(number))
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
            let is_plain = !text.is_empty() && text.len() <= 9 && text.bytes().all(|byte| byte.is_ascii_digit());
            let number = text.parse().ok().filter(|_| is_plain);
            number.map(Some).ok_or_else(|| E::invalid_value(serde::de::Unexpected::Other("text"), &self))
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_none<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
    }
    deserializer.deserialize_any(Whole)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn minutes_are_a_number_or_its_digits() {
        let minutes = |value| {
            let request = json!({ "phone_number": "639171234567", "expires_in_minutes": value });
            serde_json::from_value::<SendRequest>(request).map(|request| request.expires_in_minutes).ok()
        };
        assert_eq!((minutes(json!(5)), minutes(json!("5")), minutes(json!(null))), (Some(Some(5)), Some(Some(5)), Some(None)));
        for other in [json!(-5), json!(1.5), json!("5m"), json!(""), json!([5]), json!(true), json!("99999999999999999999")] {
            assert_eq!(minutes(other.clone()), None, "{other}");
        }
    }

    #[test]
    fn an_answer_has_the_vendors_shape_without_the_code() {
        assert_eq!(
            serde_json::to_string(&SentView::new("639171234567", 1_759_559_100_000)).expect("serialises"),
            r#"{"status":"success","message":"OTP sent successfully","data":{"phone_number":"639171234567","otp_code_expires_at":"2025-10-04T14:25:00.000+08:00"}}"#
        );
    }
}

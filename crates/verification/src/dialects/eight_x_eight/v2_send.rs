//! Version 2: begins a session, or sends its code again while it waits.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_core::channel::Channel;
use pinfold_http::clock::rfc3339_millis;
use pinfold_http::dialect::EightXEightError;
use pinfold_http::{Authorized, Body, PinSend, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::asked::{Asked, Text};
use super::session::{Session, SessionStatus};
use super::v1_send::check_encoding;
use crate::State;

/// The longest brand, in characters.
const LONGEST_BRAND: usize = 30;

/// A session to begin.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EightXEightV2Request)]
pub struct SendRequest {
    /// The number, in international form, or in that of its country.
    #[schema(example = "98765432")]
    destination: String,
    /// The country of a number in national form.
    #[schema(example = "SG")]
    country: Option<String>,
    /// `sms` or `call`.
    #[schema(example = "sms")]
    channel: Option<String>,
    /// What `{brand}` stands for, at most 30 characters.
    #[schema(example = "Amazing Product")]
    brand: Option<String>,
    /// The code's length; 6 when it is left out.
    #[schema(minimum = 4, maximum = 10)]
    code_length: Option<i64>,
    /// The code's life in seconds; 300 when it is left out.
    code_validity: Option<i64>,
    /// `NUMERIC`, `NUMERIC_WITH_DASH`, `ALPHANUMERIC`, `ALPHANUMERIC_CAPITALS` or `ALPHANUMERIC_EASY`.
    #[schema(example = "NUMERIC")]
    code_type: Option<String>,
    /// The text, with `{code}` once, and `{brand}`.
    #[schema(example = "{code} is your code for {brand}")]
    template: Option<String>,
    /// Whether a waiting session is ended and a new one begun; otherwise its code is sent again.
    reset_session: Option<bool>,
    /// Seconds that must lie between two messages; 10 when left out.
    #[schema(minimum = 0, maximum = 7200)]
    resending_interval: Option<i64>,
    /// What belongs to an SMS.
    sms: Option<SmsRequest>,
    /// What belongs to a call.
    call: Option<CallRequest>,
    /// Where the session is posted when it ends: an `https` address on the public Internet.
    #[schema(max_length = 512, example = "https://example.com/8x8")]
    callback_url: Option<String>,
}

/// What belongs to an SMS.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = EightXEightSms)]
pub struct SmsRequest {
    /// The sender.
    source: Option<String>,
    /// `AUTO`, `GSM7` or `UCS2`; what the text needs is used.
    encoding: Option<String>,
}

/// What belongs to a call. Voice, speed and repetition are those of the connection.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = EightXEightCall)]
pub struct CallRequest {
    /// The number that calls.
    source: Option<String>,
}

/// A session.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EightXEightV2Session)]
pub struct SessionView {
    /// The session.
    #[schema(example = "a44a91be5ea5ea118169020897df5459")]
    session_id: String,
    /// Where it is read and its code checked.
    #[schema(example = "/api/v2/subaccounts/amazing_hq/sessions/a44a91be5ea5ea118169020897df5459")]
    verify_uri: String,
    /// The number.
    #[schema(example = "+6598765432")]
    destination: String,
    /// Where it stands.
    #[schema(example = "WAITING")]
    status: SessionStatus,
    /// Checks that failed.
    attempt: u8,
    /// When the code dies.
    #[schema(example = "2025-12-18T05:59:54.090Z")]
    expires_at: String,
    /// When the next message may be asked for.
    #[schema(example = "2025-12-18T05:55:04.090Z")]
    retry_after: String,
}

impl SessionView {
    pub(super) fn new(sub_account: &str, session: &Session) -> Self {
        let session_id = session.pin.to_string().to_ascii_lowercase();
        Self {
            verify_uri: format!("/api/v2/subaccounts/{sub_account}/sessions/{session_id}"),
            session_id,
            destination: format!("+{}", session.recipient.text()),
            status: session.status,
            attempt: session.attempt,
            expires_at: rfc3339_millis(session.expires_ms),
            retry_after: rfc3339_millis(session.next_ms),
        }
    }
}

/// Begin a session.
#[utoipa::path(
    post,
    path = "/api/v2/subaccounts/{subAccountId}/sessions",
    operation_id = "eight_x_eight.v2.send",
    tag = "8x8 Verify",
    params(
        ("subAccountId" = String, Path, description = "The application's slug", example = "amazing_hq"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key and body within a day give the first answer again"),
    ),
    request_body = SendRequest,
    responses(
        (status = 200, description = "On its way", body = SessionView),
        (status = 400, description = "A field breaks a bound, or no application has this slug", body = EightXEightError),
        (status = 401, description = "No valid credential", body = EightXEightError),
        (status = 403, description = "Not allowed, or the last message was a moment ago", body = EightXEightError),
        (status = 404, description = "No such session, or it was used up", body = EightXEightError),
        (status = 413, description = "Body too large", body = EightXEightError),
        (status = 415, description = "Not JSON", body = EightXEightError),
        (status = 422, description = "The idempotency key was used with another request", body = EightXEightError),
        (status = 429, description = "A limit; see Retry-After", body = EightXEightError),
        (status = 503, description = "Not available; see Retry-After", body = EightXEightError),
    )
)]
pub async fn handler(
    caller: Authorized<PinSend>,
    state: Data<State>,
    sub_account: Path<String>,
    request: HttpRequest,
    body: Body<SendRequest>,
) -> Result<HttpResponse, Problem> {
    let Body { value: wish, bytes } = body;
    let channel = channel(wish.channel.as_deref())?;
    if wish.brand.as_ref().is_some_and(|brand| brand.chars().count() > LONGEST_BRAND) {
        return Err(Problem::field("brand", format!("must have at most {LONGEST_BRAND} characters")));
    }
    check_encoding("sms.encoding", wish.sms.as_ref().and_then(|sms| sms.encoding.as_deref()))?;
    let sms_source = wish.sms.as_ref().and_then(|sms| sms.source.as_deref());
    let call_source = wish.call.as_ref().and_then(|call| call.source.as_deref());
    let sender = match channel {
        Channel::Voice => call_source.map(|source| ("call.source", source)),
        _ => sms_source.map(|source| ("sms.source", source)),
    };
    let asked = Asked {
        sub_account: &sub_account,
        destination: &wish.destination,
        country: wish.country.as_deref(),
        channel,
        code_length: wish.code_length,
        code_validity: wish.code_validity,
        code_type: wish.code_type.as_deref(),
        is_new: wish.reset_session.unwrap_or(false),
        resending_interval: wish.resending_interval,
        text: Text { field: "template", text: wish.template.as_deref(), product: ("{brand}", wish.brand.as_deref()) },
        sender,
        callback: (wish.callback_url.as_deref(), 2),
        body: &bytes,
    };
    let session = asked.begin(&state, &caller, &request).await?;
    Ok(HttpResponse::Ok().json(SessionView::new(&sub_account, &session)))
}

fn channel(name: Option<&str>) -> Result<Channel, Problem> {
    match name {
        None | Some("sms") => Ok(Channel::Sms),
        Some("call") => Ok(Channel::Voice),
        Some("whatsapp" | "viber" | "sma") => {
            Err(Problem::field("channel", "must be sms or call: the others are not offered here"))
        }
        Some(_) => Err(Problem::field("channel", "must be sms or call")),
    }
}

#[cfg(test)]
mod tests {
    use pinfold_core::id::PinId;
    use pinfold_core::recipient::Recipient;

    use super::*;

    #[test]
    fn a_session_has_the_vendors_shape() {
        let pin: PinId = "A44A91BE5EA5EA118169020897DF5459".parse().expect("an id");
        let recipient = Recipient::parse("6598765432").expect("a number");
        let session = Session::begun(pin, recipient, 1_766_037_594_000, 1_766_037_304_090);
        assert_eq!(
            serde_json::to_string(&SessionView::new("demo-account-123", &session)).expect("serialises"),
            r#"{"sessionId":"a44a91be5ea5ea118169020897df5459","verifyUri":"/api/v2/subaccounts/demo-account-123/sessions/a44a91be5ea5ea118169020897df5459","destination":"+6598765432","status":"WAITING","attempt":0,"expiresAt":"2025-12-18T05:59:54.000Z","retryAfter":"2025-12-18T05:55:04.090Z"}"#
        );
    }
}

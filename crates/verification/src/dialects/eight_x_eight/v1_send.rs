//! Version 1: sends a code, or the same code again while it waits.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinfold_core::channel::Channel;
use pinfold_http::clock::rfc3339_micros;
use pinfold_http::dialect::EightXEightError;
use pinfold_http::{Authorized, Body, PinSend, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::uuid;
use super::asked::{Asked, Text};
use super::session::{Session, SessionStatus};
use crate::State;

/// A code to send.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EightXEightV1Request)]
pub struct SendRequest {
    /// The number, in international form, or in that of its country.
    #[schema(example = "98765432")]
    destination: String,
    /// The country of a number in national form.
    #[schema(example = "SG")]
    country: Option<String>,
    /// What `{productName}` stands for.
    #[schema(example = "Amazing Product")]
    product_name: Option<String>,
    /// The code's length; 6 when it is left out.
    #[schema(minimum = 4, maximum = 10)]
    code_length: Option<i64>,
    /// The code's life in seconds; 300 when it is left out.
    code_validity: Option<i64>,
    /// `NUMERIC`, `NUMERIC_WITH_DASH`, `ALPHANUMERIC`, `ALPHANUMERIC_CAPITALS` or `ALPHANUMERIC_EASY`.
    #[schema(example = "NUMERIC")]
    code_type: Option<String>,
    /// Whether a waiting code is ended and a new one sent; otherwise it is sent again.
    create_new: Option<bool>,
    /// Seconds that must lie between two messages; 10 when left out.
    #[schema(minimum = 0, maximum = 7200)]
    resending_interval: Option<i64>,
    /// The message.
    template: Option<TemplateRequest>,
    /// Where the session is posted when it ends: an `https` address on the public Internet.
    #[schema(max_length = 512, example = "https://example.com/8x8")]
    callback_url: Option<String>,
}

/// A message.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = EightXEightV1Template)]
pub struct TemplateRequest {
    /// The sender.
    #[schema(example = "Brand")]
    source: Option<String>,
    /// The text, with `{code}` once, and `{productName}`.
    #[schema(example = "Your verification code is {code}.")]
    text: Option<String>,
    /// `AUTO`, `GSM7` or `UCS2`; what the text needs is used.
    encoding: Option<String>,
}

/// A session.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EightXEightV1Session)]
pub struct SessionView {
    /// The session.
    #[schema(example = "c96a488d-5704-459e-9dee-3dd8138b3a52")]
    uid: String,
    /// Where it is read and its code checked.
    #[schema(example = "/verify/v1/amazing_hq/c96a488d5704459e9dee3dd8138b3a52")]
    resource_uri: String,
    /// The number, as a JSON number.
    #[schema(example = 6_598_765_432_u64)]
    msisdn: u64,
    /// Where it stands.
    #[schema(example = "WAITING")]
    status: SessionStatus,
    /// Checks that failed.
    attempt: u8,
    /// When the code dies.
    #[schema(example = "2017-08-29T21:43:26.641256+00:00")]
    expires_at: String,
    /// When the next message may be asked for.
    #[schema(example = "2017-08-29T21:38:36.641256+00:00")]
    next_sms_after: String,
}

impl SessionView {
    pub(super) fn new(sub_account: &str, session: &Session) -> Self {
        Self {
            uid: uuid(session.pin),
            resource_uri: format!("/verify/v1/{sub_account}/{}", session.pin.to_string().to_ascii_lowercase()),
            msisdn: session.recipient.text().parse().unwrap_or_default(),
            status: session.status,
            attempt: session.attempt,
            expires_at: rfc3339_micros(session.expires_ms),
            next_sms_after: rfc3339_micros(session.next_ms),
        }
    }
}

/// Send a code.
#[utoipa::path(
    post,
    path = "/verify/v1/{subAccountId}",
    operation_id = "eight_x_eight.v1.send",
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
    let template = wish.template.as_ref();
    check_encoding("template.encoding", template.and_then(|template| template.encoding.as_deref()))?;
    let asked = Asked {
        sub_account: &sub_account,
        destination: &wish.destination,
        country: wish.country.as_deref(),
        channel: Channel::Sms,
        code_length: wish.code_length,
        code_validity: wish.code_validity,
        code_type: wish.code_type.as_deref(),
        is_new: wish.create_new.unwrap_or(false),
        resending_interval: wish.resending_interval,
        text: Text {
            field: "template.text",
            text: template.and_then(|template| template.text.as_deref()),
            product: ("{productName}", wish.product_name.as_deref()),
        },
        sender: template.and_then(|template| Some(("template.source", template.source.as_deref()?))),
        callback: (wish.callback_url.as_deref(), 1),
        body: &bytes,
    };
    let session = asked.begin(&state, &caller, &request).await?;
    Ok(HttpResponse::Ok().json(SessionView::new(&sub_account, &session)))
}

/// Checks how a text is to be encoded.
///
/// # Errors
/// 400 naming the field.
pub(super) fn check_encoding(field: &'static str, encoding: Option<&str>) -> Result<(), Problem> {
    match encoding {
        None | Some("AUTO" | "GSM7" | "UCS2") => Ok(()),
        Some(_) => Err(Problem::field(field, "must be AUTO, GSM7 or UCS2")),
    }
}

#[cfg(test)]
mod tests {
    use pinfold_core::id::PinId;
    use pinfold_core::recipient::Recipient;

    use super::*;

    #[test]
    fn a_session_has_the_vendors_shape() {
        let pin: PinId = "C96A488D5704459E9DEE3DD8138B3A52".parse().expect("an id");
        let recipient = Recipient::parse("6598765432").expect("a number");
        let session = Session::begun(pin, recipient, 1_504_043_006_641, 1_504_042_716_641);
        assert_eq!(
            serde_json::to_string(&SessionView::new("amazing_hq", &session)).expect("serialises"),
            r#"{"uid":"c96a488d-5704-459e-9dee-3dd8138b3a52","resourceUri":"/verify/v1/amazing_hq/c96a488d5704459e9dee3dd8138b3a52","msisdn":6598765432,"status":"WAITING","attempt":0,"expiresAt":"2017-08-29T21:43:26.641000+00:00","nextSmsAfter":"2017-08-29T21:38:36.641000+00:00"}"#
        );
    }
}

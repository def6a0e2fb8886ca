//! Sends a code in the caller's own words.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use pinfold_core::channel::Channel;
use pinfold_core::phone::{Line, Phone};
use pinfold_core::recipient::Recipient;
use pinfold_core::wording::Wording;
use pinfold_http::dialect::CamaraError;
use pinfold_http::{Authorized, Body, PinSend, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::{application, trace, uuid};
use crate::State;
use crate::idempotency::IdempotencyKey;
use crate::send::{Send, send};

/// The longest message, in characters, with its placeholder.
const LONGEST_MESSAGE: usize = 160;

/// A code to send.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CamaraSendCode)]
pub struct SendCodeRequest {
    /// The number, in E.164 with its plus.
    #[schema(example = "+34666111333", pattern = r"^\+[1-9][0-9]{4,14}$")]
    phone_number: String,
    /// The text, with `{{code}}` once.
    #[schema(example = "{{code}} is your short code to authenticate with Cool App via SMS", max_length = 160)]
    message: String,
}

/// A code on its way.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CamaraCodeSent)]
pub struct CodeSentView {
    /// What the code is validated by.
    #[schema(example = "ea0840f3-3663-4149-bd10-c7c6b8912105", max_length = 36)]
    authentication_id: String,
}

/// Send a code.
#[utoipa::path(
    post,
    path = "/one-time-password-sms/v1/send-code",
    operation_id = "camara.send_code",
    tag = "CAMARA one-time-password-sms",
    params(
        ("x-correlator" = Option<String>, Header, description = "Comes back with the answer"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key and body within a day give the first answer again"),
    ),
    request_body = SendCodeRequest,
    responses(
        (status = 200, description = "On its way", body = CodeSentView),
        (status = 400, description = "`INVALID_ARGUMENT`", body = CamaraError),
        (status = 401, description = "`UNAUTHENTICATED`", body = CamaraError),
        (status = 403, description = "`PERMISSION_DENIED`, `MAX_OTP_CODES_EXCEEDED` or `PHONE_NUMBER_NOT_ALLOWED`", body = CamaraError),
        (status = 413, description = "Body too large", body = CamaraError),
        (status = 415, description = "Not JSON", body = CamaraError),
        (status = 422, description = "The idempotency key was used with another request", body = CamaraError),
        (status = 429, description = "A limit; see Retry-After", body = CamaraError),
        (status = 503, description = "Not available; see Retry-After", body = CamaraError),
    )
)]
pub async fn handler(
    caller: Authorized<PinSend>,
    state: Data<State>,
    request: HttpRequest,
    body: Body<SendCodeRequest>,
) -> Result<HttpResponse, Problem> {
    let Body { value: asked, bytes } = body;
    let snapshot = state.snapshot(caller.tenant).await?;
    let to = phone(&asked.phone_number)?;
    if asked.message.chars().count() > LONGEST_MESSAGE {
        return Err(Problem::field("message", format!("must have at most {LONGEST_MESSAGE} characters")));
    }
    let wording = Wording::parse("message", &asked.message, "{{code}}", &[])?;
    let application = application(&snapshot, &caller, None)?;
    let to = Recipient::Phone(to);
    let takes_none = matches!(&to, Recipient::Phone(phone) if phone.line() != Line::Reachable);
    if takes_none && snapshot.test_code(application, &to).is_none() {
        const CODE: &str = "ONE_TIME_PASSWORD_SMS.PHONE_NUMBER_NOT_ALLOWED";
        return Ok(CamaraError::new(StatusCode::FORBIDDEN, CODE, "The phone number can't receive an SMS.").answer());
    }
    let trace = trace(&request);
    let pin = Send {
        wording: Some(wording),
        idempotency: IdempotencyKey::of(&request)?.map(|key| key.hashed(&snapshot.keys, "camara send", &[&bytes])),
        trace: trace.as_deref(),
        ..Send::new(application, Channel::Sms, to)
    };
    let sent = send(&state, &caller, pin).await?;
    Ok(HttpResponse::Ok().json(CodeSentView { authentication_id: uuid(sent.pin) }))
}

/// A number in E.164 with its plus and nothing else.
fn phone(text: &str) -> Result<Phone, Problem> {
    let is_plain = text.strip_prefix('+').is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let must = "must be a phone number in E.164 with its plus, such as +34666111333";
    if is_plain {
        Phone::parse(text).map_err(|_| Problem::field("phoneNumber", must))
    } else {
        Err(Problem::field("phoneNumber", must))
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, phone};

    #[test]
    fn a_number_has_its_plus() {
        for text in ["+41793026727", "+34666111333"] {
            assert_eq!(phone(text).expect(text).line(), Line::Reachable);
        }
        for text in ["41793026727", "0041793026727", "+41 79 302 67 27", "+", "+1", ""] {
            assert_eq!(phone(text).expect_err(text).fields[0].field, "phoneNumber");
        }
    }
}

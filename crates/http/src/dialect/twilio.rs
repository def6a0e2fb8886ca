//! Twilio's errors: its numbers, with the page that explains each.

use actix_web::http::StatusCode;
use serde_json::{Value, json};

use super::sentence;
use crate::{Code, Problem};

/// The numbers that a problem brings itself: the status and what they say.
const NUMBERED: [(u32, u16, &str); 22] = [
    (60202, 429, "Max check attempts reached"),
    (60204, 400, "Service does not support this feature"),
    (60205, 403, "SMS is not supported by landline phone number"),
    (60206, 400, "'Amount' & 'Payee' params are required"),
    (60207, 400, "Max rate limits per service reached"),
    (60208, 400, "Rate limit with the same unique name already exists"),
    (60209, 400, "Invalid rate limit unique name"),
    (60210, 400, "Max buckets per rate limit reached"),
    (60211, 400, "Bucket with the same interval already exists"),
    (60213, 409, "Messaging configuration already exists"),
    (60214, 403, "PSD2 is not enabled for the service"),
    (60221, 400, "No target verification: give 'To' or 'VerificationSid'"),
    (60223, 403, "Delivery channel disabled"),
    (60301, 409, "Entity already exists"),
    (60306, 400, "Auth payload is invalid"),
    (60308, 429, "Challenge verification attempts limit reached"),
    (60310, 429, "Factor verification attempts reached"),
    (60318, 403, "Factor is unverified"),
    (60323, 403, "Challenge expired"),
    (60388, 403, "Challenge is not pending"),
    (60390, 404, "Factor not found"),
    (60605, 403, "Verification delivery attempt blocked by geographic permissions"),
];

pub(super) fn answer(problem: &Problem) -> (StatusCode, Value) {
    let numbered = NUMBERED.iter().find(|(number, ..)| problem.number == Some(*number));
    if let Some((code, status, title)) = numbered {
        let message = problem.detail.as_deref().map_or_else(|| (*title).to_owned(), |detail| format!("{title}. {detail}"));
        let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_REQUEST);
        return (status, body(*code, message, status));
    }
    let status = problem.code.status();
    let (status, code) = match problem.code {
        Code::Unauthorized => (status, 20003),
        Code::Forbidden | Code::AddressNotAllowed | Code::ApplicationDisabled => (status, 20008),
        Code::FraudBlocked => (status, 60410),
        Code::MethodNotAllowed => (status, 20004),
        Code::PinOver => (StatusCode::NOT_FOUND, 20404),
        Code::NotFound => (status, 20404),
        Code::TooManySends | Code::TooManySendsApplication | Code::TooSoon => (status, 60203),
        Code::NumberLocked => (status, 60202),
        Code::TooManyChecks => (status, 60212),
        _ if status == StatusCode::TOO_MANY_REQUESTS => (status, 20429),
        _ if status.is_server_error() => (status, 20500),
        _ => (status, 60200),
    };
    let message = match (code, problem.fields.first()) {
        (60200, Some(error)) => format!("Invalid parameter: {}", error.field),
        (60410, _) => "Verification delivery attempt blocked".into(),
        (60202, _) => "Max check attempts reached".into(),
        (60203, _) => "Max send attempts reached".into(),
        (60212, _) => "Too many concurrent requests for phone number".into(),
        (20404, _) => "The requested resource was not found".into(),
        (20429, _) => "Too many requests".into(),
        (20003, _) => "Authenticate".into(),
        _ => sentence(problem),
    };
    (status, body(code, message, status))
}

fn body(code: u32, message: String, status: StatusCode) -> Value {
    json!({
        "code": code,
        "message": message,
        "more_info": format!("https://www.twilio.com/docs/errors/{code}"),
        "status": status.as_u16(),
    })
}

/// The error body of Twilio's operations, for the API reference.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "describes what `answer` writes")]
pub struct TwilioError {
    /// The vendor's number of the error.
    #[schema(example = 60200)]
    code: u32,
    /// What is wrong, for people.
    #[schema(example = "Invalid parameter: To")]
    message: String,
    /// The vendor's page about it.
    #[schema(example = "https://www.twilio.com/docs/errors/60200")]
    more_info: String,
    /// The HTTP status.
    #[schema(example = 400)]
    status: u16,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_the_vendors_numbers() {
        let (status, body) = answer(&Problem::field("To", "must be a phone number"));
        assert_eq!(status.as_u16(), 400);
        assert_eq!(
            body.to_string(),
            r#"{"code":60200,"message":"Invalid parameter: To","more_info":"https://www.twilio.com/docs/errors/60200","status":400}"#
        );
        assert_eq!(answer(&Problem::new(Code::TooManySends)).1["code"], 60203);
        assert_eq!(answer(&Problem::new(Code::NotFound)).1["code"], 20404);
        assert_eq!(answer(&Problem::new(Code::Unauthorized)).1["code"], 20003);
        assert_eq!(answer(&Problem::new(Code::FraudBlocked)).1["code"], 60410);
        assert_eq!(answer(&Problem::new(Code::FraudBlocked).numbered(60605)).0.as_u16(), 403);
    }
}

//! Twilio's errors: its numbers, with the page that explains each.

use actix_web::http::StatusCode;
use serde_json::{Value, json};

use super::sentence;
use crate::{Code, Problem};

pub(super) fn answer(problem: &Problem) -> (StatusCode, Value) {
    let status = problem.code.status();
    let (status, code) = match problem.code {
        Code::Unauthorized => (status, 20003),
        Code::Forbidden | Code::AddressNotAllowed | Code::ApplicationDisabled => (status, 20008),
        Code::MethodNotAllowed => (status, 20004),
        Code::PinOver => (StatusCode::NOT_FOUND, 20404),
        Code::NotFound => (status, 20404),
        Code::TooManySends | Code::TooManySendsApplication | Code::TooSoon => (status, 60203),
        Code::NumberLocked | Code::TooManyChecks => (status, 60202),
        _ if status == StatusCode::TOO_MANY_REQUESTS => (status, 20429),
        _ if status.is_server_error() => (status, 20500),
        _ => (status, 60200),
    };
    let message = match (code, problem.fields.first()) {
        (60200, Some(error)) => format!("Invalid parameter: {}", error.field),
        (60202, _) => "Max check attempts reached".into(),
        (60203, _) => "Max send attempts reached".into(),
        (20003, _) => "Authenticate".into(),
        _ => sentence(problem),
    };
    let body = json!({
        "code": code,
        "message": message,
        "more_info": format!("https://www.twilio.com/docs/errors/{code}"),
        "status": status.as_u16(),
    });
    (status, body)
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
    }
}

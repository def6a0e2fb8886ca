//! CAMARA's errors: `status`, `code`, `message`, as its common guidelines have them.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde::Serialize;
use serde_json::Value;

use super::sentence;
use crate::{Code, Problem};

/// An error of one-time-password-sms.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CamaraError {
    /// The HTTP status.
    #[schema(example = 400)]
    status: u16,
    /// The specification's code.
    #[schema(value_type = String, example = "ONE_TIME_PASSWORD_SMS.INVALID_OTP")]
    code: &'static str,
    /// What is wrong, for people.
    message: String,
}

impl CamaraError {
    /// An error that is an outcome of the operation, not a problem with the request.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, message: &str) -> Self {
        Self { status: status.as_u16(), code, message: message.to_owned() }
    }

    /// The answer that says so.
    #[must_use]
    pub fn answer(&self) -> HttpResponse {
        HttpResponse::build(StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST)).json(self)
    }
}

pub(super) fn answer(problem: &Problem) -> (StatusCode, Value) {
    let status = problem.code.status();
    let (status, code) = match problem.code {
        // The specification has a code of its own for this and gives it this status.
        Code::TooManySends | Code::TooSoon => (StatusCode::FORBIDDEN, "ONE_TIME_PASSWORD_SMS.MAX_OTP_CODES_EXCEEDED"),
        Code::FraudBlocked => (status, "ONE_TIME_PASSWORD_SMS.PHONE_NUMBER_NOT_ALLOWED"),
        Code::PinOver => (StatusCode::BAD_REQUEST, "ONE_TIME_PASSWORD_SMS.VERIFICATION_FAILED"),
        Code::InvalidPin => (StatusCode::BAD_REQUEST, "ONE_TIME_PASSWORD_SMS.INVALID_OTP"),
        _ => match status {
            StatusCode::UNAUTHORIZED => (status, "UNAUTHENTICATED"),
            StatusCode::FORBIDDEN => (status, "PERMISSION_DENIED"),
            StatusCode::NOT_FOUND => (status, "NOT_FOUND"),
            StatusCode::METHOD_NOT_ALLOWED => (status, "METHOD_NOT_ALLOWED"),
            StatusCode::CONFLICT => (status, "CONFLICT"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => (status, "UNSUPPORTED_MEDIA_TYPE"),
            StatusCode::TOO_MANY_REQUESTS => (status, "TOO_MANY_REQUESTS"),
            StatusCode::SERVICE_UNAVAILABLE => (status, "UNAVAILABLE"),
            _ if status.is_server_error() => (status, "INTERNAL"),
            _ => (status, "INVALID_ARGUMENT"),
        },
    };
    let error = CamaraError::new(status, code, &sentence(problem));
    (status, serde_json::to_value(error).expect("strings serialise"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_the_specifications_codes() {
        let answer = |problem: Problem| {
            let (status, body) = answer(&problem);
            assert_eq!(body["status"], status.as_u16());
            format!("{} {}", status.as_u16(), body["code"].as_str().expect("a code"))
        };
        assert_eq!(answer(Problem::field("phoneNumber", "must be given")), "400 INVALID_ARGUMENT");
        assert_eq!(answer(Problem::new(Code::Unauthorized)), "401 UNAUTHENTICATED");
        assert_eq!(answer(Problem::new(Code::Forbidden)), "403 PERMISSION_DENIED");
        assert_eq!(answer(Problem::new(Code::NotFound)), "404 NOT_FOUND");
        assert_eq!(answer(Problem::new(Code::TooManySends)), "403 ONE_TIME_PASSWORD_SMS.MAX_OTP_CODES_EXCEEDED");
        assert_eq!(answer(Problem::new(Code::TooManyChecks)), "429 TOO_MANY_REQUESTS");
        assert_eq!(answer(Problem::new(Code::FraudBlocked)), "403 ONE_TIME_PASSWORD_SMS.PHONE_NUMBER_NOT_ALLOWED");
        assert_eq!(answer(Problem::new(Code::Unavailable)), "503 UNAVAILABLE");
    }
}

//! 8x8's errors: its numbers, for both versions.

use actix_web::http::StatusCode;
use serde_json::{Value, json};

use super::sentence;
use crate::{Code, Problem, clock};

/// The numbers of fields that have one of their own. The others are 1000, an invalid parameter.
const FIELDS: [(&str, u16); 13] = [
    ("subAccountId", 1001),
    ("destination", 1002),
    ("sms.encoding", 1003),
    ("template.encoding", 1003),
    ("template", 1007),
    ("template.text", 1007),
    ("sms.source", 1005),
    ("template.source", 1005),
    ("country", 1009),
    ("codeLength", 1010),
    ("resendingInterval", 1010),
    ("codeValidity", 1010),
    ("clientIp", 1012),
];

pub(super) fn answer(problem: &Problem, request_id: &str, is_v2: bool) -> (StatusCode, Value) {
    let status = problem.code.status();
    let (status, code) = match problem.code {
        Code::Unauthorized => (status, 1200),
        Code::Forbidden | Code::AddressNotAllowed | Code::ApplicationDisabled | Code::FraudBlocked => (status, 1201),
        Code::NotFound if is_v2 => (status, 1404),
        Code::NotFound => (status, 1300),
        Code::PinOver => (StatusCode::NOT_FOUND, 1300),
        Code::TooSoon => (StatusCode::FORBIDDEN, 1400),
        // 1400 is of messages: its clients would ask for another one later instead of checking again.
        Code::TooManyChecks | Code::NumberLocked => (status, 1000),
        _ if status == StatusCode::TOO_MANY_REQUESTS => (status, 1400),
        _ if status.is_server_error() => (status, 2000),
        _ => (status, number(problem)),
    };
    let message = match code {
        1200 => "Authentication failed".into(),
        1404 => "Session not found".into(),
        2000 => "Internal server error".into(),
        _ => sentence(problem),
    };
    let body = json!({ "code": code, "message": message, "errorId": uuid(request_id), "timestamp": timestamp(clock::now_ms()) });
    (status, body)
}

fn number(problem: &Problem) -> u16 {
    let field = problem.fields.first().map(|error| error.field.as_ref());
    FIELDS.iter().find(|(name, _)| Some(*name) == field).map_or(1000, |(_, number)| *number)
}

/// A request's id in the form that `errorId` has.
fn uuid(id: &str) -> String {
    if id.len() != 32 || !id.is_ascii() {
        return id.to_owned();
    }
    [&id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..]].join("-")
}

/// Seven digits of a second and the offset, as the vendor writes it.
fn timestamp(ms: u64) -> String {
    let time = i64::try_from(ms).ok().and_then(chrono::DateTime::from_timestamp_millis).unwrap_or_default();
    time.format("%Y-%m-%dT%H:%M:%S%.3f0000+00:00").to_string()
}

/// The error body of 8x8's operations, for the API reference.
#[derive(utoipa::ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes what `answer` writes")]
pub struct EightXEightError {
    /// The vendor's number of the error.
    #[schema(example = 1002)]
    code: u16,
    /// What is wrong, for people.
    message: String,
    /// The id to quote when asking for help.
    #[schema(example = "b4478860-b76c-e811-814e-022a35cc1c71")]
    error_id: String,
    /// When it happened.
    #[schema(example = "2025-12-18T09:25:40.9235752+00:00")]
    timestamp: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_the_vendors_numbers() {
        let answer = |problem: Problem, is_v2| {
            let (status, body) = answer(&problem, "b4478860b76ce811814e022a35cc1c71", is_v2);
            (status.as_u16(), body["code"].as_u64().expect("a number"))
        };
        assert_eq!(answer(Problem::field("destination", "x"), false), (400, 1002));
        assert_eq!(answer(Problem::field("brand", "x"), true), (400, 1000));
        assert_eq!(answer(Problem::new(Code::NotFound), false), (404, 1300));
        assert_eq!(answer(Problem::new(Code::NotFound), true), (404, 1404));
        assert_eq!(answer(Problem::new(Code::TooSoon), true), (403, 1400));
        assert_eq!(answer(Problem::new(Code::TooManySends), true), (429, 1400));
        assert_eq!(answer(Problem::new(Code::TooManyChecks), true), (429, 1000));
        assert_eq!(answer(Problem::new(Code::FraudBlocked), true), (403, 1201));
        assert_eq!(answer(Problem::new(Code::Unauthorized), true), (401, 1200));
        assert_eq!(answer(Problem::new(Code::Unavailable), true), (503, 2000));
    }

    #[test]
    fn ids_and_times_have_the_vendors_form() {
        let (_, body) = answer(&Problem::new(Code::NotFound), "b4478860b76ce811814e022a35cc1c71", true);
        assert_eq!(body["errorId"], "b4478860-b76c-e811-814e-022a35cc1c71");
        assert_eq!(timestamp(1_766_049_940_923), "2025-12-18T09:25:40.9230000+00:00");
    }
}

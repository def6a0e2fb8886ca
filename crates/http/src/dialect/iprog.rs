//! IPROG's errors. Its clients look at `status` in the body, and at words such as *invalid*, *expired* and *error* in the
//! message; the HTTP status of what a client did wrong is 200.

use actix_web::http::StatusCode;
use serde_json::{Value, json};

use super::sentence;
use crate::{Code, Problem};

pub(super) fn answer(problem: &Problem) -> (StatusCode, Value) {
    let status = match problem.code.status() {
        StatusCode::BAD_REQUEST
        | StatusCode::UNAUTHORIZED
        | StatusCode::FORBIDDEN
        | StatusCode::NOT_FOUND
        | StatusCode::CONFLICT
        | StatusCode::UNPROCESSABLE_ENTITY
        | StatusCode::TOO_MANY_REQUESTS => StatusCode::OK,
        other => other,
    };
    let body = match problem.code {
        Code::Unauthorized => json!({ "status": 500, "message": "Invalid Token" }),
        Code::NotFound | Code::PinOver | Code::InvalidPin => json!({ "status": "error", "message": "Invalid or expired OTP" }),
        _ if problem.fields.is_empty() => json!({ "status": "error", "message": format!("Error: {}", sentence(problem)) }),
        _ => {
            let errors: Vec<_> = problem.fields.iter().map(|error| format!("{} {}", error.field, error.must)).collect();
            json!({ "status": "error", "message": format!("Invalid request: {}", errors.join("; ")), "data": { "errors": errors } })
        }
    };
    (status, body)
}

/// The error body of IPROG's operations, for the API reference.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub struct IprogError {
    /// `error`, or the number 500 for an unknown token.
    #[schema(example = "error", value_type = String)]
    status: Value,
    /// What is wrong, for people.
    #[schema(example = "Invalid or expired OTP")]
    message: String,
    /// What is wrong with the fields.
    data: Option<IprogErrors>,
}

/// What is wrong with the fields.
#[derive(serde::Serialize, utoipa::ToSchema)]
struct IprogErrors {
    /// One sentence per field.
    errors: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_says_so_in_words_that_clients_look_for() {
        for code in Code::ALL {
            let (_, body) = answer(&Problem::new(*code));
            let message = body["message"].as_str().expect("a message").to_lowercase();
            assert!(["invalid", "expired", "error"].iter().any(|word| message.contains(word)), "{message}");
            assert_ne!(body["status"], "success");
        }
    }

    #[test]
    fn what_a_client_did_wrong_is_a_200_and_what_we_did_is_not() {
        let status = |code| answer(&Problem::new(code)).0.as_u16();
        assert_eq!((status(Code::Unauthorized), status(Code::TooManySends), status(Code::InvalidField)), (200, 200, 200));
        assert_eq!((status(Code::MethodNotAllowed), status(Code::BodyTooLarge), status(Code::Unavailable)), (405, 413, 503));
        let (_, body) = answer(&Problem::field("phone_number", "must be given"));
        assert_eq!(body["data"]["errors"][0], "phone_number must be given");
    }
}

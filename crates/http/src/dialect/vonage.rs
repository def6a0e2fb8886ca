//! Vonage's errors: problem details with the vendor's titles.

use actix_web::http::StatusCode;
use serde_json::{Value, json};

use super::sentence;
use crate::Problem;

const PAGE: &str = "https://developer.vonage.com/api-errors";

pub(super) fn answer(problem: &Problem, request_id: &str) -> (StatusCode, Value) {
    let status = match problem.code.status() {
        // What is wrong with fields is said with the names of the fields.
        StatusCode::BAD_REQUEST if !problem.fields.is_empty() => StatusCode::UNPROCESSABLE_ENTITY,
        other => other,
    };
    let (fragment, title) = match status {
        StatusCode::UNAUTHORIZED => ("unauthorized", "Unauthorized"),
        StatusCode::FORBIDDEN => ("forbidden", "Forbidden"),
        StatusCode::NOT_FOUND => ("not-found", "Not Found"),
        StatusCode::CONFLICT => ("conflict", "Conflict"),
        StatusCode::UNPROCESSABLE_ENTITY => ("invalid-params", "Invalid params"),
        StatusCode::TOO_MANY_REQUESTS => ("throttled", "Rate Limit Hit"),
        status if status.is_server_error() => ("system-error", "Internal Error"),
        _ => ("bad-request", problem.code.title()),
    };
    let mut body = json!({
        "type": format!("{PAGE}#{fragment}"),
        "title": title,
        "detail": sentence(problem),
        "instance": request_id,
    });
    if !problem.fields.is_empty() {
        body["invalid_parameters"] =
            problem.fields.iter().map(|error| json!({ "name": error.field, "reason": error.must })).collect();
    }
    (status, body)
}

/// The error body of Vonage's operations, for the API reference.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "describes what `answer` writes")]
pub struct VonageError {
    /// The vendor's page about it.
    r#type: String,
    /// The kind of error.
    #[schema(example = "Invalid params")]
    title: String,
    /// What is wrong, for people.
    detail: String,
    /// The id to quote when asking for help.
    instance: String,
    /// The fields that break a bound.
    invalid_parameters: Option<Vec<VonageParameter>>,
}

/// A field that breaks a bound.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "describes what `answer` writes")]
struct VonageParameter {
    /// The field.
    name: String,
    /// What must hold.
    reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;

    #[test]
    fn errors_are_problem_details_with_the_vendors_titles() {
        let (status, body) = answer(&Problem::field("brand", "must be given"), "R");
        assert_eq!((status.as_u16(), &body["title"]), (422, &json!("Invalid params")));
        assert_eq!(body["invalid_parameters"], json!([{ "name": "brand", "reason": "must be given" }]));
        let (status, body) = answer(&Problem::new(Code::TooManySends), "R");
        assert_eq!((status.as_u16(), &body["title"]), (429, &json!("Rate Limit Hit")));
        assert_eq!(answer(&Problem::new(Code::NotFound), "R").1["title"], "Not Found");
    }
}

//! The errors of `/v1/otp`.

use serde_json::{Map, Value, json};

use crate::Problem;

pub(super) fn body(problem: &Problem) -> Value {
    let mut error = json!({ "code": problem.code.name(), "message": problem.text() });
    if !problem.fields.is_empty() {
        let fields = problem.fields.iter().map(|error| (error.field.to_string(), json!(error.must))).collect::<Map<_, _>>();
        error["fields"] = Value::Object(fields);
    }
    json!({ "error": error })
}

/// The error body of `/v1/otp`, for the API reference.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "describes what `body` writes")]
pub struct OtpError {
    /// The error.
    error: OtpErrorDetail,
}

/// What went wrong.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "describes what `body` writes")]
struct OtpErrorDetail {
    /// The stable code.
    #[schema(example = "invalid_field")]
    code: String,
    /// What happened, for people.
    message: String,
    /// Fields that break a bound, each with what must hold.
    fields: Option<std::collections::BTreeMap<String, String>>,
}

#[cfg(test)]
mod tests {
    use crate::dialect::Dialect;
    use crate::{Code, Problem};

    #[test]
    fn errors_have_a_code_and_a_message() {
        let rendered = Dialect::OtpV1.render(&Problem::new(Code::NotFound), "R");
        assert_eq!(rendered.body, r#"{"error":{"code":"not_found","message":"There is no such thing here."}}"#);
    }
}

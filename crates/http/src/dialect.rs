//! The wire format a path speaks, and how errors look in it.

use actix_web::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::Problem;

/// A wire format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Ours: `application/problem+json`.
    Native,
    /// Infobip 2FA and its account calls.
    Infobip,
    /// The generic `/v1/otp`.
    OtpV1,
}

impl Dialect {
    /// The dialect of a path.
    #[must_use]
    pub fn of(path: &str) -> Self {
        let under = |root: &str| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if under("/2fa") || under("/auth/1") || under("/settings") {
            Self::Infobip
        } else if under("/v1/otp") {
            Self::OtpV1
        } else {
            Self::Native
        }
    }

    /// Its name, for metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Infobip => "infobip",
            Self::OtpV1 => "otp_v1",
        }
    }

    /// The content type and body of a problem.
    #[must_use]
    pub fn render(self, problem: &Problem, request_id: &str) -> (&'static str, String) {
        let body = match self {
            Self::Native => {
                let body = serde_json::to_string(&problem.view(request_id)).expect("strings serialise");
                return ("application/problem+json", body);
            }
            Self::Infobip => infobip(problem),
            Self::OtpV1 => otp_v1(problem),
        };
        ("application/json", body.to_string())
    }
}

/// `requestError.serviceException` with the vendor's message ids.
fn infobip(problem: &Problem) -> Value {
    let (id, text) = match problem.code.status() {
        StatusCode::UNAUTHORIZED => ("UNAUTHORIZED", "Unauthorized"),
        StatusCode::FORBIDDEN => ("FORBIDDEN", "Forbidden"),
        StatusCode::NOT_FOUND => ("NOT_FOUND", "Not found"),
        StatusCode::TOO_MANY_REQUESTS => ("TOO_MANY_REQUESTS", "Too many requests"),
        status if status.is_server_error() => ("GENERAL_ERROR", "Something went wrong. Please contact support."),
        StatusCode::BAD_REQUEST => ("BAD_REQUEST", "Bad request"),
        _ => (problem.code.name(), problem.code.title()),
    };
    let mut exception = json!({ "messageId": id.to_ascii_uppercase(), "text": text });
    let mut violations = Map::new();
    for error in &problem.fields {
        let list = violations.entry(error.field.as_ref()).or_insert_with(|| json!([]));
        if let Value::Array(list) = list {
            list.push(json!(error.must));
        }
    }
    if !violations.is_empty() {
        exception["validationErrors"] = Value::Object(violations);
    }
    json!({ "requestError": { "serviceException": exception } })
}

fn otp_v1(problem: &Problem) -> Value {
    let mut error = json!({ "code": problem.code.name(), "message": problem.text() });
    if !problem.fields.is_empty() {
        let fields = problem.fields.iter().map(|error| (error.field.to_string(), json!(error.must))).collect::<Map<_, _>>();
        error["fields"] = Value::Object(fields);
    }
    json!({ "error": error })
}

/// The error body of `/v1/otp`, for the API reference.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "describes what `otp_v1` writes")]
pub struct OtpError {
    /// The error.
    error: OtpErrorDetail,
}

/// What went wrong.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "describes what `otp_v1` writes")]
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
    use super::*;
    use crate::Code;

    #[test]
    fn paths_know_their_dialect() {
        for (path, dialect) in [
            ("/2fa/2/pin", Dialect::Infobip),
            ("/2fa", Dialect::Infobip),
            ("/auth/1/session", Dialect::Infobip),
            ("/settings/2/api-keys", Dialect::Infobip),
            ("/v1/otp", Dialect::OtpV1),
            ("/v1/otp/verify", Dialect::OtpV1),
            ("/v1/otpx", Dialect::Native),
            ("/v1/connections", Dialect::Native),
        ] {
            assert_eq!(Dialect::of(path), dialect, "{path}");
        }
    }

    #[test]
    fn infobip_errors_have_the_vendors_envelope() {
        let (kind, body) = Dialect::Infobip.render(&Problem::field("name", "must not be blank"), "R");
        assert_eq!(kind, "application/json");
        assert_eq!(
            body,
            r#"{"requestError":{"serviceException":{"messageId":"BAD_REQUEST","text":"Bad request","validationErrors":{"name":["must not be blank"]}}}}"#
        );
        let (_, body) = Dialect::Infobip.render(&Problem::internal("secret cause"), "R");
        assert!(!body.contains("secret"));
    }

    #[test]
    fn a_server_error_says_nothing_of_its_cause_in_any_dialect() {
        for dialect in [Dialect::Native, Dialect::Infobip, Dialect::OtpV1] {
            let (_, body) = dialect.render(&Problem::internal("password=hunter2 at /home/x"), "R");
            assert!(!body.contains("hunter2") && !body.contains("/home"), "{body}");
        }
        let (_, body) = Dialect::OtpV1.render(&Problem::new(Code::NotFound), "R");
        assert_eq!(body, r#"{"error":{"code":"not_found","message":"There is no such thing here."}}"#);
    }
}

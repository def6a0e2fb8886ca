//! Infobip's errors: `requestError.serviceException` with the vendor's message ids.

use actix_web::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::Problem;

pub(super) fn body(problem: &Problem) -> Value {
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

#[cfg(test)]
mod tests {
    use crate::Problem;
    use crate::dialect::Dialect;

    #[test]
    fn errors_have_the_vendors_envelope() {
        let rendered = Dialect::Infobip.render(&Problem::field("name", "must not be blank"), "R");
        assert_eq!(rendered.content_type, "application/json");
        assert_eq!(
            rendered.body,
            r#"{"requestError":{"serviceException":{"messageId":"BAD_REQUEST","text":"Bad request","validationErrors":{"name":["must not be blank"]}}}}"#
        );
        assert!(!Dialect::Infobip.render(&Problem::internal("secret cause"), "R").body.contains("secret"));
    }
}

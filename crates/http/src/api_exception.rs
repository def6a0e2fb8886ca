//! The error body of Infobip's operations, for the API reference; `dialect` writes it.

use std::borrow::Cow;

use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

/// The error body of Infobip's operations.
pub enum ApiException {}

impl PartialSchema for ApiException {
    fn schema() -> RefOr<Schema> {
        let schema = json!({
            "type": "object",
            "required": ["requestError"],
            "properties": { "requestError": {
                "type": "object",
                "required": ["serviceException"],
                "properties": { "serviceException": {
                    "type": "object",
                    "required": ["messageId", "text"],
                    "properties": {
                        "messageId": { "type": "string", "description": "The kind of error." },
                        "text": { "type": "string", "description": "One sentence for people." },
                        "validationErrors": {
                            "type": "object",
                            "description": "Fields that break a bound, each with what must hold.",
                            "additionalProperties": { "type": "array", "items": { "type": "string" } }
                        }
                    }
                }}
            }},
            "example": { "requestError": { "serviceException": {
                "messageId": "BAD_REQUEST", "text": "Bad request", "validationErrors": { "name": ["must not be blank"] }
            }}}
        });
        serde_json::from_value(schema).expect("a literal schema")
    }
}

impl ToSchema for ApiException {
    fn name() -> Cow<'static, str> {
        "ApiException".into()
    }
}

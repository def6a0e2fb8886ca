//! A provider's settings on the wire: the rules' own type, described for the API reference.

use std::borrow::Cow;

use pinfold_core::connection::Provider;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

/// A provider's settings, in the shape of [`Provider`].
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct ProviderBody(pub(super) Provider);

impl PartialSchema for ProviderBody {
    fn schema() -> RefOr<Schema> {
        let text = |description: &str| json!({ "type": "string", "description": description });
        let optional = |description: &str| json!({ "type": ["string", "null"], "description": description });
        let texts = |description: &str| json!({ "type": "object", "description": description, "additionalProperties": { "type": "string" } });
        let any = json!(["object", "array", "string", "number", "boolean", "null"]);
        let kind = |name: &str, description: &str, required: Value, mut properties: Value| {
            properties["kind"] = json!({ "type": "string", "enum": [name] });
            json!({
                "type": "object", "title": name, "description": description, "required": required,
                "properties": properties, "additionalProperties": false
            })
        };
        let simulator = kind("simulator", "The simulated phone.", json!(["kind"]), json!({}));
        let smtp = kind(
            "smtp",
            "An SMTP server: carries e-mail.",
            json!(["kind", "host", "port", "from"]),
            json!({
                "host": text("Host name or address."),
                "port": { "type": "integer", "minimum": 1, "maximum": 65535 },
                "security": { "type": "string", "enum": ["starttls", "tls", "none"], "default": "starttls", "description": "`none` is for development." },
                "username": optional("User name, when the server asks for one."),
                "password": optional("Password. Never shown."),
                "from": text("The sender when neither template nor request name one.")
            }),
        );
        let http = kind(
            "http",
            "Any HTTP API: carries SMS and voice.",
            json!(["kind", "url"]),
            json!({
                "url": text("The address. Values of its query are never shown."),
                "method": { "type": "string", "enum": ["POST", "GET", "PUT"], "default": "POST" },
                "headers": texts("Headers, with placeholders such as `{{to}}` and `{{text}}`. Values are never shown."),
                "query": texts("Query parameters, with placeholders. Values are never shown."),
                "body": {
                    "description": "The body, with placeholders inside its strings. Shown are only strings that are nothing but a placeholder.",
                    "oneOf": [
                        { "type": "null" },
                        { "type": "object", "required": ["json"], "properties": { "json": { "type": any } }, "additionalProperties": false },
                        { "type": "object", "required": ["form"], "properties": { "form": texts("Fields.") }, "additionalProperties": false }
                    ]
                },
                "success": {
                    "type": "object",
                    "description": "When a 2xx answer means that the message was accepted; always, without a pointer.",
                    "properties": {
                        "pointer": optional("The place of a value in the JSON answer (RFC 6901)."),
                        "equals": { "type": any, "description": "What it must equal; without it, it must be there." }
                    },
                    "additionalProperties": false
                },
                "id_pointer": optional("The place of the provider's message id in the JSON answer.")
            }),
        );
        let schema = json!({
            "description": "What a connection talks to. `***` stands for what is never shown; sent back, it keeps what is stored, as long as it goes to the same place.",
            "oneOf": [http, smtp, simulator],
            "example": {
                "kind": "http", "url": "https://api.example.com/messages", "headers": { "Authorization": "Bearer KEY" },
                "body": { "json": { "to": "{{to}}", "text": "{{text}}" } }, "id_pointer": "/id"
            }
        });
        serde_json::from_value(schema).expect("a literal schema")
    }
}

impl ToSchema for ProviderBody {
    fn name() -> Cow<'static, str> {
        "Provider".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names in the reference's schema of one kind.
    fn described(kind: &str) -> Vec<String> {
        let schema = serde_json::to_value(ProviderBody::schema()).expect("serialises");
        let kinds = schema["oneOf"].as_array().expect("kinds").clone();
        let found = kinds.into_iter().find(|one| one["title"] == kind).expect(kind);
        let mut names: Vec<String> = found["properties"].as_object().expect("properties").keys().cloned().collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn the_reference_has_exactly_the_fields_that_are_taken() {
        for kind in ["simulator", "smtp", "http"] {
            // What the rules' type takes stands in its complaint about a field it does not take.
            let body = json!({ "kind": kind, "?": 1 });
            let complaint = serde_json::from_value::<ProviderBody>(body).err().expect("an unknown field").to_string();
            let mut taken: Vec<String> = complaint.split('`').skip(3).step_by(2).map(str::to_owned).collect();
            taken.push("kind".into());
            taken.sort_unstable();
            assert_eq!(described(kind), taken, "{complaint}");
        }
    }
}

//! Pieces of the API reference's description of a provider's settings (JSON schema).

use serde_json::{Value, json};

/// One kind: an object with `kind` and the given properties, and no others.
pub(super) fn kind(name: &str, description: &str, required: &[&str], mut properties: Value) -> Value {
    properties["kind"] = json!({ "type": "string", "enum": [name] });
    let required: Vec<&str> = ["kind"].iter().chain(required).copied().collect();
    json!({
        "type": "object", "title": name, "description": description, "required": required,
        "properties": properties, "additionalProperties": false
    })
}

pub(super) fn text(description: &str) -> Value {
    json!({ "type": "string", "description": description })
}

pub(super) fn optional(description: &str) -> Value {
    json!({ "type": ["string", "null"], "description": description })
}

pub(super) fn secret(description: &str) -> Value {
    text(&format!("{description} Never shown."))
}

pub(super) fn address(description: &str, default: &str) -> Value {
    json!({ "type": "string", "format": "uri", "default": default, "description": description })
}

pub(super) fn texts(description: &str) -> Value {
    json!({ "type": "object", "description": description, "additionalProperties": { "type": "string" } })
}

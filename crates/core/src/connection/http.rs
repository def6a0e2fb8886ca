//! Settings of any HTTP API, described by a templated request.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ProviderKind;
use super::describe::{kind, optional, text, texts};
use super::secret::{HIDDEN, Hidden};
use crate::channel::Channel;

/// The longest name of a tenant's own that an error repeats, in bytes.
const LONGEST_NAME: usize = 128;

/// A request to an HTTP API. Values of headers, query and body may contain `{{to}}`, `{{from}}`, `{{text}}`,
/// `{{language}}`, `{{reference}}`, `{{channel}}`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// The address, `https` outside loopback.
    pub url: String,
    /// The method.
    #[serde(default)]
    pub method: Method,
    /// Headers, such as the API's credential.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Query parameters.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub query: BTreeMap<String, String>,
    /// The body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<HttpBody>,
    /// When an answer means that the message was accepted.
    #[serde(default)]
    pub success: SuccessRule,
    /// Where the provider's message id stands in a JSON answer, as a JSON pointer (RFC 6901).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_pointer: Option<String>,
}

/// The method of a templated request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// `POST`
    #[default]
    Post,
    /// `GET`
    Get,
    /// `PUT`
    Put,
}

/// The body of a templated request.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HttpBody {
    /// JSON, with placeholders inside its strings.
    Json(Value),
    /// A form.
    Form(BTreeMap<String, String>),
}

/// When an HTTP answer means success: a 2xx status and, when given, a value in the JSON body.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuccessRule {
    /// The place of the value, as a JSON pointer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// What it must equal; without it, it must merely be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equals: Option<Value>,
}

impl ProviderKind for Http {
    fn kind(&self) -> &'static str {
        "http"
    }

    fn carries(&self, channel: Channel) -> bool {
        matches!(channel, Channel::Sms | Channel::Voice)
    }

    fn place(&self) -> String {
        self.url.clone()
    }

    fn mask_place(&mut self) {
        self.url = masked_url(&self.url);
    }

    fn restore_place(&mut self, stored: Option<&str>) -> Result<(), &'static str> {
        match stored {
            Some(stored) if self.url == masked_url(stored) => stored.clone_into(&mut self.url),
            _ if self.url.contains(HIDDEN) => return Err("url"),
            _ => {}
        }
        Ok(())
    }

    fn hidden(&mut self) -> Vec<Hidden<'_>> {
        let mut hidden = fields("headers", &mut self.headers);
        hidden.extend(fields("query", &mut self.query));
        match &mut self.body {
            None => {}
            Some(HttpBody::Form(form)) => hidden.extend(fields("body.form", form)),
            Some(HttpBody::Json(document)) => strings("body.json".to_owned(), document, &mut hidden),
        }
        hidden
    }

    fn schema() -> Value {
        let any = json!(["object", "array", "string", "number", "boolean", "null"]);
        kind(
            "http",
            "Any HTTP API: carries SMS and voice.",
            &["url"],
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
        )
    }
}

/// Shows no credential, wherever the tenant put it.
impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").field("url", &masked_url(&self.url)).field("method", &self.method).finish_non_exhaustive()
    }
}

/// The address with the values of its query hidden.
fn masked_url(url: &str) -> String {
    let Some((place, query)) = url.split_once('?') else { return url.to_owned() };
    let pairs: Vec<String> = query
        .split('&')
        .map(|pair| pair.split_once('=').map_or_else(|| HIDDEN.to_owned(), |(name, _)| format!("{name}={HIDDEN}")))
        .collect();
    format!("{place}?{}", pairs.join("&"))
}

fn fields<'a>(place: &'static str, fields: &'a mut BTreeMap<String, String>) -> Vec<Hidden<'a>> {
    let hidden = |(name, value): (&String, &'a mut String)| {
        let path = format!("{place}.{name}");
        let field = if name.len() <= LONGEST_NAME { path.clone() } else { place.to_owned() };
        Hidden::templated(path, field.into(), value)
    };
    fields.iter_mut().map(hidden).collect()
}

/// The strings of a document, each by its JSON pointer.
fn strings<'a>(path: String, value: &'a mut Value, found: &mut Vec<Hidden<'a>>) {
    match value {
        Value::String(text) => found.push(Hidden::templated(path, "body.json".into(), text)),
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                strings(format!("{path}/{index}"), item, found);
            }
        }
        Value::Object(entries) => {
            for (name, entry) in entries {
                strings(format!("{path}/{}", name.replace('~', "~0").replace('/', "~1")), entry, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

//! Whether a templated request can be used.

use std::collections::BTreeMap;

use http::header::HeaderName;
use pinfold_core::connection::{Http, HttpBody, Method};
use pinfold_core::field::{Checks, FieldError};

use super::{NAMES, Slot, Template};
use crate::address::Addresses;
use crate::check;
use crate::client::secret_header;

const FIELDS_LIMIT: usize = 32;
const NAME_LIMIT: usize = 128;
const VALUE_LIMIT: usize = 4096;
const JSON_LIMIT: usize = 16 * 1024;
const POINTER_LIMIT: usize = 256;
const EQUALS_LIMIT: usize = 1024;

/// Headers that belong to the connection and not to the request.
const RESERVED_HEADERS: [&str; 11] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

pub(super) fn check_http(http: &Http, addresses: Addresses, checks: &mut Checks) {
    check::url("url", &http.url, addresses, checks);
    checks.require(http.headers.len() <= FIELDS_LIMIT, "headers", format!("must have at most {FIELDS_LIMIT} entries"));
    let mut says_text = false;
    for (name, value) in &http.headers {
        says_text |= check_header(name, value, checks);
    }
    says_text |= check_fields("query", &http.query, checks);
    match &http.body {
        None => {}
        Some(_) if http.method == Method::Get => checks.require(false, "body", "must be absent with the method GET"),
        Some(HttpBody::Form(fields)) => says_text |= check_fields("body.form", fields, checks),
        Some(HttpBody::Json(document)) => {
            let is_bounded = document.to_string().len() <= JSON_LIMIT;
            checks.require(is_bounded, "body.json", format!("must have at most {JSON_LIMIT} bytes"));
            match Template::json(document) {
                Ok(template) => says_text |= template.uses(Slot::Text),
                Err(_) => checks.require(false, "body.json", unknown_placeholder()),
            }
        }
    }
    checks.require(says_text, "body", "must use {{text}}, or a header or the query must");
    check_pointer("success.pointer", http.success.pointer.as_deref(), checks);
    check_pointer("id_pointer", http.id_pointer.as_deref(), checks);
    if let Some(equals) = &http.success.equals {
        checks.require(http.success.pointer.is_some(), "success.equals", "must come with success.pointer");
        let is_bounded = equals.to_string().len() <= EQUALS_LIMIT;
        checks.require(is_bounded, "success.equals", format!("must have at most {EQUALS_LIMIT} bytes"));
    }
}

/// Whether the header says the text.
fn check_header(name: &str, value: &str, checks: &mut Checks) -> bool {
    let field = || format!("headers.{}", shown(name));
    let is_name = name.len() <= NAME_LIMIT && HeaderName::from_bytes(name.as_bytes()).is_ok();
    let is_reserved = RESERVED_HEADERS.contains(&name.to_ascii_lowercase().as_str());
    if !is_name || is_reserved {
        checks.push(FieldError::new(field(), "must be the name of a request header that the connection does not set itself"));
    }
    if value.len() > VALUE_LIMIT || secret_header(value).is_none() {
        checks.push(FieldError::new(field(), format!("must be one line of at most {VALUE_LIMIT} bytes")));
    }
    let template = Template::plain(value);
    if template.is_err() {
        checks.push(FieldError::new(field(), unknown_placeholder()));
    }
    template.is_ok_and(|template| template.uses(Slot::Text))
}

/// Whether a field says the text.
fn check_fields(place: &'static str, fields: &BTreeMap<String, String>, checks: &mut Checks) -> bool {
    checks.require(fields.len() <= FIELDS_LIMIT, place, format!("must have at most {FIELDS_LIMIT} entries"));
    let is_bounded = |(name, value): (&String, &String)| name.len() <= NAME_LIMIT && value.len() <= VALUE_LIMIT;
    if let Some((name, _)) = fields.iter().find(|field| !is_bounded(*field)) {
        let must = format!("must have a name of at most {NAME_LIMIT} bytes and a value of at most {VALUE_LIMIT}");
        checks.push(FieldError::new(format!("{place}.{}", shown(name)), must));
    }
    let template = Template::form(fields);
    checks.require(template.is_ok(), place, unknown_placeholder());
    template.is_ok_and(|template| template.uses(Slot::Text))
}

fn check_pointer(field: &'static str, pointer: Option<&str>, checks: &mut Checks) {
    let is_pointer = pointer.is_none_or(|pointer| pointer.starts_with('/') && pointer.len() <= POINTER_LIMIT);
    checks.require(is_pointer, field, format!("must be a JSON pointer, beginning with /, of at most {POINTER_LIMIT} bytes"));
}

fn unknown_placeholder() -> String {
    let names: Vec<String> = NAMES.iter().map(|name| format!("{{{{{name}}}}}")).collect();
    format!("must use no placeholders but {}", names.join(" "))
}

/// A tenant's own name in an error: short and printable.
fn shown(name: &str) -> String {
    name.chars().filter(char::is_ascii_graphic).take(NAME_LIMIT).collect()
}

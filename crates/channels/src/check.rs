//! Whether a provider's settings can be used, asked when a tenant configures them. Names of fields are relative to
//! the provider's own object, such as `headers.X-Key`.

use std::collections::BTreeMap;

use pinfold_core::connection::{Http, HttpBody, Method, Provider, Smtp, SmtpSecurity};
use pinfold_core::field::{Checks, FieldError};
use reqwest::header::HeaderName;
use url::{Host, Url};

use crate::address::Addresses;
use crate::http::{NAMES, Slot, Template, header_value};
use crate::smtp;

const URL_LIMIT: usize = 2048;
const FIELDS_LIMIT: usize = 32;
const NAME_LIMIT: usize = 128;
const VALUE_LIMIT: usize = 4096;
const JSON_LIMIT: usize = 16 * 1024;
const POINTER_LIMIT: usize = 256;
const EQUALS_LIMIT: usize = 1024;
const TEXT_LIMIT: usize = 255;

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

/// Checks a provider's settings.
///
/// # Errors
/// Every bound that is broken.
pub fn check(provider: &Provider, allow_private_addresses: bool) -> Result<(), Vec<FieldError>> {
    let addresses = Addresses { allow_private: allow_private_addresses };
    let mut checks = Checks::default();
    match provider {
        Provider::Simulator {} => {}
        Provider::Smtp(smtp) => check_smtp(smtp, addresses, &mut checks),
        Provider::Http(http) => check_http(http, addresses, &mut checks),
    }
    checks.finish()
}

fn check_http(http: &Http, addresses: Addresses, checks: &mut Checks) {
    check_url(&http.url, addresses, checks);
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

fn check_url(text: &str, addresses: Addresses, checks: &mut Checks) {
    let Some(url) = Url::parse(text).ok().filter(|_| text.len() <= URL_LIMIT) else {
        return checks.require(false, "url", format!("must be a URL of at most {URL_LIMIT} bytes"));
    };
    let is_secure = url.scheme() == "https" || (addresses.allow_private && url.scheme() == "http");
    checks.require(is_secure, "url", "must begin with https://");
    checks.require(url.username().is_empty() && url.password().is_none(), "url", "must not contain a user name or password");
    checks.require(url.fragment().is_none(), "url", "must not contain a fragment");
    checks.require(!text.contains("{{"), "url", "must not contain placeholders: use the query");
    let is_permitted = url.host().is_some_and(|host| addresses.permits_host(&host));
    checks.require(is_permitted, "url", "must name a host on the public Internet");
    let port = url.port_or_known_default().unwrap_or_default();
    checks.require(addresses.permits_port(port, &[80, 443]), "url", "must use port 443, 80, or one from 1024");
}

/// Whether the header says the text.
fn check_header(name: &str, value: &str, checks: &mut Checks) -> bool {
    let field = || format!("headers.{}", shown(name));
    let is_name = name.len() <= NAME_LIMIT && HeaderName::from_bytes(name.as_bytes()).is_ok();
    let is_reserved = RESERVED_HEADERS.contains(&name.to_ascii_lowercase().as_str());
    if !is_name || is_reserved {
        checks.push(FieldError::new(field(), "must be the name of a request header that the connection does not set itself"));
    }
    if value.len() > VALUE_LIMIT || header_value(value).is_none() {
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

fn check_smtp(smtp: &Smtp, addresses: Addresses, checks: &mut Checks) {
    let host = Host::parse(&smtp.host).ok().filter(|_| smtp.host.len() <= TEXT_LIMIT);
    let is_permitted = host.is_some_and(|host| match host {
        Host::Domain(name) => addresses.permits_host(&Host::Domain(&name)),
        Host::Ipv4(ip) => addresses.permits_host(&Host::Ipv4(ip)),
        Host::Ipv6(ip) => addresses.permits_host(&Host::Ipv6(ip)),
    });
    checks.require(is_permitted, "host", "must name a host on the public Internet");
    checks.require(addresses.permits_port(smtp.port, &[25, 465, 587]), "port", "must be 25, 465, 587, or from 1024");
    let is_secure = smtp.security != SmtpSecurity::None || addresses.allow_private;
    checks.require(is_secure, "security", "must be starttls or tls");
    let is_credential = |text: &Option<String>| {
        text.as_ref().is_none_or(|text| (1..=TEXT_LIMIT).contains(&text.len()) && !text.contains(char::is_control))
    };
    let credential = format!("must be one line of 1 to {TEXT_LIMIT} bytes");
    checks.require(is_credential(&smtp.username), "username", credential.clone());
    checks.require(is_credential(&smtp.password), "password", credential);
    checks.require(smtp.username.is_some() == smtp.password.is_some(), "password", "must come with username, and the reverse");
    let must = "must be an e-mail address, such as Example <no-reply@example.com>";
    checks.require(smtp.from.len() <= TEXT_LIMIT && smtp::sender(&smtp.from).is_some(), "from", must);
}

fn unknown_placeholder() -> String {
    let names: Vec<String> = NAMES.iter().map(|name| format!("{{{{{name}}}}}")).collect();
    format!("must use no placeholders but {}", names.join(" "))
}

/// A tenant's own name in an error: short and printable.
fn shown(name: &str) -> String {
    name.chars().filter(char::is_ascii_graphic).take(NAME_LIMIT).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn broken(provider: Value, allow_private: bool) -> Vec<String> {
        let provider: Provider = serde_json::from_value(provider).expect("a provider");
        match check(&provider, allow_private) {
            Ok(()) => Vec::new(),
            Err(errors) => errors.into_iter().map(|error| error.field.into_owned()).collect(),
        }
    }

    fn http(changes: Value) -> Value {
        let mut provider = json!({
            "kind": "http", "url": "https://api.example.com/send", "headers": {"Authorization": "Bearer k"},
            "body": {"json": {"to": "{{to}}", "text": "{{text}}"}}, "success": {"pointer": "/ok", "equals": true},
            "id_pointer": "/id",
        });
        let changes = changes.as_object().expect("an object").clone();
        provider.as_object_mut().expect("an object").extend(changes);
        provider
    }

    #[test]
    fn a_usual_provider_is_fine() {
        assert_eq!(broken(http(json!({})), false), [""; 0]);
        assert_eq!(broken(http(json!({"method": "GET", "body": null, "query": {"t": "{{text}}"}})), false), [""; 0]);
        assert_eq!(broken(http(json!({"url": "http://127.0.0.1:9/"})), true), [""; 0]);
        assert_eq!(broken(json!({"kind": "simulator"}), false), [""; 0]);
    }

    #[test]
    fn each_broken_bound_is_named() {
        let long = "a".repeat(5000);
        for (changes, field) in [
            (json!({"headers": {"X\r\nY": "1"}}), "headers.XY"),
            (json!({"headers": {"X-Key": "1\r\nY: 2"}}), "headers.X-Key"),
            (json!({"headers": {"Host": "internal"}}), "headers.Host"),
            (json!({"headers": {"X-Key": long}}), "headers.X-Key"),
            (json!({"headers": {"X-Key": "{{pin}}"}}), "headers.X-Key"),
            (json!({"query": {"q": long}}), "query.q"),
            (json!({"query": {"q": "{{code}}"}}), "query"),
            (json!({"body": {"form": {"text": "{{text}}", "x": long}}}), "body.form.x"),
            (json!({"body": {"json": {"text": "{{text}} {{unknown}}"}}}), "body.json"),
            (json!({"body": {"json": {"text": "{{to}}"}}}), "body"),
            (json!({"body": {"json": ["{{text}}", "a".repeat(20_000)]}}), "body.json"),
            (json!({"method": "GET"}), "body"),
            (json!({"success": {"pointer": "ok"}}), "success.pointer"),
            (json!({"success": {"equals": 1}}), "success.equals"),
            (json!({"success": {"pointer": "/ok", "equals": long}}), "success.equals"),
            (json!({"id_pointer": ""}), "id_pointer"),
        ] {
            assert!(broken(http(changes.clone()), false).contains(&field.to_owned()), "{changes}");
        }
    }

    #[test]
    fn inner_addresses_in_every_spelling_are_refused() {
        for url in [
            "http://api.example.com/",
            "ftp://api.example.com/",
            "file:///etc/passwd",
            "https://user@api.example.com/",
            "https://user:secret@api.example.com/",
            "https://api.example.com/#x",
            "https://api.example.com/{{to}}",
            "https://api.example.com:22/",
            "https://127.0.0.1/",
            "https://127.1/",
            "https://0/",
            "https://2130706433/",
            "https://0x7f000001/",
            "https://0177.0.0.1/",
            "https://127.0.0.1./",
            "https://①②⑦.0.0.1/",
            "https://localhost/",
            "https://LOCALHOST./",
            "https://a.localhost/",
            "https://10.0.0.1/",
            "https://192.168.0.1/",
            "https://169.254.169.254/latest/meta-data",
            "https://[::1]/",
            "https://[::]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::127.0.0.1]/",
            "https://[64:ff9b::7f00:1]/",
            "https://[fd00:ec2::254]/",
            "https://[fe80::1%25eth0]/",
            "https:///",
            "api.example.com",
        ] {
            assert!(broken(http(json!({"url": url})), false).contains(&"url".to_owned()), "{url}");
        }
    }

    #[test]
    fn an_smtp_server_is_checked() {
        let smtp = |changes: Value| {
            let mut provider = json!({"kind": "smtp", "host": "smtp.example.com", "port": 587, "username": "u",
                "password": "p", "from": "Example <no-reply@example.com>"});
            provider.as_object_mut().expect("an object").extend(changes.as_object().expect("an object").clone());
            broken(provider, false)
        };
        assert_eq!(smtp(json!({})), [""; 0]);
        for (changes, field) in [
            (json!({"host": "127.0.0.1"}), "host"),
            (json!({"host": "localhost"}), "host"),
            (json!({"host": "a b"}), "host"),
            (json!({"host": ""}), "host"),
            (json!({"port": 0}), "port"),
            (json!({"port": 22}), "port"),
            (json!({"security": "none"}), "security"),
            (json!({"password": null}), "password"),
            (json!({"username": "a\r\nb"}), "username"),
            (json!({"from": "nobody"}), "from"),
            (json!({"from": "a@example.com\r\nBcc: b@example.com"}), "from"),
            (json!({"from": "a@example.com, b@example.com"}), "from"),
        ] {
            assert!(smtp(changes.clone()).contains(&field.to_owned()), "{changes}");
        }
    }
}

//! Whether a provider's settings can be used, asked when a tenant configures them. Names of fields are relative to
//! the provider's own object, such as `headers.X-Key`. What only one kind asks for stands with its connector.

use pinfold_core::connection::Provider;
use pinfold_core::field::{Checks, FieldError};
use url::{Host, Url};

use crate::address::Addresses;
use crate::kinds::kind;

const URL_LIMIT: usize = 2048;
/// The longest value of a usual text field, in bytes.
pub(crate) const TEXT_LIMIT: usize = 255;

/// Checks a provider's settings.
///
/// # Errors
/// Every bound that is broken.
pub fn check(provider: &Provider, allow_private_addresses: bool) -> Result<(), Vec<FieldError>> {
    let mut checks = Checks::default();
    kind(provider).check(Addresses { allow_private: allow_private_addresses }, &mut checks);
    checks.finish()
}

/// Checks an address that requests go to.
pub(crate) fn url(field: &'static str, text: &str, addresses: Addresses, checks: &mut Checks) {
    let Some(url) = Url::parse(text).ok().filter(|_| text.len() <= URL_LIMIT) else {
        return checks.require(false, field, format!("must be a URL of at most {URL_LIMIT} bytes"));
    };
    let is_secure = url.scheme() == "https" || (addresses.allow_private && url.scheme() == "http");
    checks.require(is_secure, field, "must begin with https://");
    checks.require(url.username().is_empty() && url.password().is_none(), field, "must not contain a user name or password");
    checks.require(url.fragment().is_none(), field, "must not contain a fragment");
    checks.require(!text.contains("{{"), field, "must not contain placeholders: use the query");
    let is_permitted = url.host().is_some_and(|host| addresses.permits_host(&host));
    checks.require(is_permitted, field, "must name a host on the public Internet");
    let port = url.port_or_known_default().unwrap_or_default();
    checks.require(addresses.permits_port(port, &[80, 443]), field, "must use port 443, 80, or one from 1024");
}

/// Checks an address below which a vendor's API lies.
pub(crate) fn base_url(field: &'static str, text: &str, addresses: Addresses, checks: &mut Checks) {
    url(field, text, addresses, checks);
    checks.require(!text.contains('?'), field, "must not contain a query");
}

/// Checks a host that connections go to.
pub(crate) fn host(text: &str, addresses: Addresses, checks: &mut Checks) {
    let host = Host::parse(text).ok().filter(|_| text.len() <= TEXT_LIMIT);
    let is_permitted = host.is_some_and(|host| match host {
        Host::Domain(name) => addresses.permits_host(&Host::Domain(&name)),
        Host::Ipv4(ip) => addresses.permits_host(&Host::Ipv4(ip)),
        Host::Ipv6(ip) => addresses.permits_host(&Host::Ipv6(ip)),
    });
    checks.require(is_permitted, "host", "must name a host on the public Internet");
}

/// Checks one line of text: a name, an id, a credential.
pub(crate) fn line(field: &'static str, text: &str, checks: &mut Checks) {
    let is_line = (1..=TEXT_LIMIT).contains(&text.len()) && !text.contains(char::is_control);
    checks.require(is_line, field, format!("must be one line of 1 to {TEXT_LIMIT} bytes"));
}

/// The same of a text that may be absent.
pub(crate) fn optional_line(field: &'static str, text: Option<&str>, checks: &mut Checks) {
    if let Some(text) = text {
        line(field, text, checks);
    }
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

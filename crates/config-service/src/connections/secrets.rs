//! Keeps a provider's credentials from coming out. Shown are only values that are nothing but a placeholder; `***` stands
//! for every other value of a header, a query, a form or a JSON body, and for a password. Sent back, `***` keeps what is
//! stored, but only towards the place it was given for: whoever redirects a connection has to know its credentials.

use std::collections::BTreeMap;

use pinfold_core::connection::{Http, HttpBody, Provider, Smtp};
use pinfold_core::field::{Checks, FieldError};
use serde_json::Value;

/// What stands for a value that is not shown.
const HIDDEN: &str = "***";
const MUST: &str = "must be given: *** keeps a stored value only while it goes to the same place";
/// The longest name of a tenant's own that an error repeats, in bytes.
const LONGEST_NAME: usize = 128;

/// The settings as they may be shown.
pub(super) fn masked(mut provider: Provider) -> Provider {
    match &mut provider {
        Provider::Simulator {} => {}
        Provider::Smtp(smtp) => smtp.password.iter_mut().for_each(mask),
        Provider::Http(http) => {
            http.url = masked_url(&http.url);
            http.headers.values_mut().chain(http.query.values_mut()).for_each(mask);
            match &mut http.body {
                None => {}
                Some(HttpBody::Form(fields)) => fields.values_mut().for_each(mask),
                Some(HttpBody::Json(document)) => mask_json(document),
            }
        }
    }
    provider
}

/// The settings with every `***` replaced by what `stored` has in its place; what has nothing there is noted.
pub(super) fn restored(mut given: Provider, stored: Option<&Provider>, checks: &mut Checks) -> Provider {
    match (&mut given, stored) {
        (Provider::Simulator {}, _) => {}
        (Provider::Smtp(given), Some(Provider::Smtp(stored))) => restore_smtp(given, Some(stored), checks),
        (Provider::Smtp(given), _) => restore_smtp(given, None, checks),
        (Provider::Http(given), Some(Provider::Http(stored))) => restore_http(given, Some(stored), checks),
        (Provider::Http(given), _) => restore_http(given, None, checks),
    }
    given
}

fn mask(value: &mut String) {
    if !is_placeholder(value) {
        HIDDEN.clone_into(value);
    }
}

fn is_placeholder(value: &str) -> bool {
    let name = value.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
    name.is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'))
}

fn mask_json(value: &mut Value) {
    match value {
        Value::String(text) => mask(text),
        Value::Array(items) => items.iter_mut().for_each(mask_json),
        Value::Object(entries) => entries.values_mut().for_each(mask_json),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
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

fn restore_smtp(given: &mut Smtp, stored: Option<&Smtp>, checks: &mut Checks) {
    let place = |smtp: &Smtp| (smtp.host.clone(), smtp.port, smtp.security);
    let stored = stored.filter(|stored| place(stored) == place(given));
    if let Some(password) = &mut given.password {
        restore(password, stored.and_then(|stored| stored.password.as_ref()), || "provider.password".to_owned(), checks);
    }
}

fn restore_http(given: &mut Http, stored: Option<&Http>, checks: &mut Checks) {
    if let Some(stored) = stored
        && given.url == masked_url(&stored.url)
    {
        stored.url.clone_into(&mut given.url);
    } else if given.url.contains(HIDDEN) {
        checks.push(FieldError::new("provider.url", MUST));
    }
    let stored = stored.filter(|stored| stored.url == given.url);
    restore_fields("provider.headers", &mut given.headers, stored.map(|stored| &stored.headers), checks);
    restore_fields("provider.query", &mut given.query, stored.map(|stored| &stored.query), checks);
    match (&mut given.body, stored.and_then(|stored| stored.body.as_ref())) {
        (None, _) => {}
        (Some(HttpBody::Form(given)), Some(HttpBody::Form(stored))) => {
            restore_fields("provider.body.form", given, Some(stored), checks);
        }
        (Some(HttpBody::Form(given)), _) => restore_fields("provider.body.form", given, None, checks),
        (Some(HttpBody::Json(given)), Some(HttpBody::Json(stored))) => restore_json(given, Some(stored), checks),
        (Some(HttpBody::Json(given)), _) => restore_json(given, None, checks),
    }
}

type Fields = BTreeMap<String, String>;

fn restore_fields(place: &str, given: &mut Fields, stored: Option<&Fields>, checks: &mut Checks) {
    for (name, value) in given {
        let field = || if name.len() <= LONGEST_NAME { format!("{place}.{name}") } else { place.to_owned() };
        restore(value, stored.and_then(|stored| stored.get(name)), field, checks);
    }
}

fn restore_json(given: &mut Value, stored: Option<&Value>, checks: &mut Checks) {
    match given {
        Value::String(text) => {
            let stored = stored.and_then(Value::as_str).map(str::to_owned);
            restore(text, stored.as_ref(), || "provider.body.json".to_owned(), checks);
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                restore_json(item, stored.and_then(|stored| stored.get(index)), checks);
            }
        }
        Value::Object(entries) => {
            for (name, entry) in entries {
                restore_json(entry, stored.and_then(|stored| stored.get(name)), checks);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn restore(given: &mut String, stored: Option<&String>, field: impl Fn() -> String, checks: &mut Checks) {
    if given != HIDDEN {
        return;
    }
    match stored {
        Some(stored) => stored.clone_into(given),
        None => checks.push(FieldError::new(field(), MUST)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn provider(body: Value) -> Provider {
        serde_json::from_value(body).expect("a provider")
    }

    fn http() -> Value {
        json!({
            "kind": "http", "url": "https://api.example.com/send?key=s3cret-1&plain", "method": "POST",
            "headers": {"Authorization": "Bearer s3cret-2", "X-To": "{{to}}"}, "query": {"token": "s3cret-3", "t": "{{text}}"},
            "body": {"json": {"auth": ["s3cret-4", {"id": "s3cret-5 {{to}}"}], "text": "{{text}}", "n": 1, "b": true}},
            "success": {"pointer": "/ok", "equals": true}, "id_pointer": "/id"
        })
    }

    fn smtp() -> Value {
        json!({"kind": "smtp", "host": "smtp.example.com", "port": 587, "security": "starttls", "username": "u",
            "password": "s3cret", "from": "a@example.com"})
    }

    fn form() -> Value {
        json!({"kind": "http", "url": "https://api.example.com/", "method": "POST", "success": {},
            "body": {"form": {"secret": "s3cret", "text": "{{text}}"}}})
    }

    fn shown(body: Value) -> Value {
        serde_json::to_value(masked(provider(body))).expect("serialises")
    }

    fn restore_into(given: Value, stored: Option<Value>) -> Result<Value, Vec<String>> {
        let mut checks = Checks::default();
        let restored = restored(provider(given), stored.map(provider).as_ref(), &mut checks);
        let fields = |error: FieldError| error.field.into_owned();
        checks.finish().map_err(|errors| errors.into_iter().map(fields).collect::<Vec<_>>())?;
        Ok(serde_json::to_value(restored).expect("serialises"))
    }

    #[test]
    fn nothing_secret_is_shown_and_what_is_shown_keeps_everything() {
        for body in [http(), smtp(), form(), json!({"kind": "simulator"})] {
            let shown = shown(body.clone());
            assert!(!shown.to_string().contains("s3cret"), "{shown}");
            assert_eq!(restore_into(shown, Some(body.clone())), Ok(body));
        }
    }

    #[test]
    fn what_is_only_a_placeholder_is_shown() {
        let shown = shown(http());
        assert_eq!(shown["url"], "https://api.example.com/send?key=***&***");
        assert_eq!((&shown["headers"]["X-To"], &shown["query"]["t"]), (&json!("{{to}}"), &json!("{{text}}")));
        assert_eq!(shown["body"]["json"], json!({"auth": ["***", {"id": "***"}], "text": "{{text}}", "n": 1, "b": true}));
    }

    #[test]
    fn a_hidden_value_keeps_nothing_that_is_not_stored() {
        let faults = restore_into(shown(http()), None).expect_err("nothing is stored");
        let fields = [
            "provider.url",
            "provider.headers.Authorization",
            "provider.query.token",
            "provider.body.json",
            "provider.body.json",
        ];
        assert_eq!(faults, fields);
        assert_eq!(restore_into(shown(smtp()), None), Err(vec!["provider.password".into()]));
        assert_eq!(restore_into(shown(smtp()), Some(http())), Err(vec!["provider.password".into()]));
        let mut other = shown(http());
        other["headers"] = json!({"X-Other": "***"});
        assert_eq!(restore_into(other, Some(http())), Err(vec!["provider.headers.X-Other".into()]));
    }

    #[test]
    fn redirecting_a_connection_takes_its_credentials() {
        for (name, value) in [("url", json!("https://evil.example/")), ("url", json!("https://api.example.com/other"))] {
            let mut given = shown(http());
            given[name] = value;
            let faults = restore_into(given, Some(http())).expect_err("another place");
            assert!(faults.contains(&"provider.headers.Authorization".to_owned()), "{faults:?}");
        }
        for (name, value) in [("host", json!("evil.example")), ("port", json!(2525)), ("security", json!("none"))] {
            let mut given = shown(smtp());
            given[name] = value;
            assert_eq!(restore_into(given, Some(smtp())), Err(vec!["provider.password".into()]), "{name}");
        }
        let mut renamed = shown(smtp());
        renamed["from"] = json!("b@example.com");
        restore_into(renamed, Some(smtp())).expect("the same place");
    }

    #[test]
    fn new_values_replace_stored_ones() {
        let mut given = shown(http());
        given["headers"]["Authorization"] = json!("Bearer new");
        let restored = restore_into(given, Some(http())).expect("fine");
        assert_eq!(
            (&restored["headers"]["Authorization"], &restored["query"]["token"]),
            (&json!("Bearer new"), &json!("s3cret-3"))
        );
    }
}

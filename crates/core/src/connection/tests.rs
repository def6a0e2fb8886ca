//! Credentials do not come out, and come back.

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

fn smpp() -> Value {
    json!({"kind": "smpp", "host": "smsc.example.com", "port": 2775, "security": "tls", "system_id": "pinfold",
        "password": "s3cret", "window": 10, "enquire_link_seconds": 30, "alphabet": "gsm7", "long_text": "udh",
        "destination_ton": 1, "destination_npi": 1, "validity": true, "receipt_ids": "same"})
}

fn web_push() -> Value {
    json!({"kind": "web_push", "subject": "mailto:ops@example.com", "private_key": "s3cret"})
}

fn fcm() -> Value {
    json!({"kind": "fcm", "project_id": "p", "client_email": "push@p.example.com", "private_key": "s3cret",
        "token_uri": "https://oauth2.googleapis.com/token", "base_url": "https://fcm.googleapis.com"})
}

fn form() -> Value {
    json!({"kind": "http", "url": "https://api.example.com/", "method": "POST", "success": {},
        "body": {"form": {"secret": "s3cret", "text": "{{text}}"}}})
}

fn shown(body: Value) -> Value {
    serde_json::to_value(provider(body).masked()).expect("serialises")
}

fn restore_into(given: Value, stored: Option<Value>) -> Result<Value, Vec<String>> {
    let (restored, errors) = provider(given).restored(stored.map(provider).as_ref());
    let fields: Vec<String> = errors.into_iter().map(|error| error.field.into_owned()).collect();
    if fields.is_empty() { Ok(serde_json::to_value(restored).expect("serialises")) } else { Err(fields) }
}

#[test]
fn nothing_secret_is_shown_and_what_is_shown_keeps_everything() {
    for body in [http(), smtp(), smpp(), web_push(), fcm(), form(), json!({"kind": "simulator"})] {
        let shown = shown(body.clone());
        assert!(!shown.to_string().contains("s3cret"), "{shown}");
        assert_eq!(restore_into(shown, Some(body.clone())), Ok(body));
    }
}

#[test]
fn nothing_secret_is_printed() {
    for body in [http(), smtp(), form()] {
        let printed = format!("{:?}", provider(body));
        assert!(!printed.contains("s3cret"), "{printed}");
    }
}

#[test]
fn every_kind_is_told_by_its_name() {
    let kinds: Vec<String> =
        Provider::schemas().iter().map(|schema| schema["title"].as_str().unwrap_or_default().to_owned()).collect();
    for wanted in ["http", "smtp", "infobip", "smstools", "8x8", "iprog", "twilio", "vonage", "simulator"] {
        assert!(kinds.iter().any(|kind| kind == wanted), "{wanted} in {kinds:?}");
    }
    let least = json!({"kind": "8x8", "sub_account_id": "a", "api_key": "s3cret"});
    let provider = provider(least);
    assert_eq!((provider.kind(), provider.of_kind().place()), ("8x8", "https://sms.8x8.com https://voice.8x8.com".to_owned()));
    assert!(
        provider.carries(Channel::Voice) && !provider.carries(Channel::Email) && !provider.looks_up() && !provider.is_polled()
    );
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
    let fields = ["url", "headers.Authorization", "query.token", "body.json", "body.json"];
    assert_eq!(faults, fields);
    assert_eq!(restore_into(shown(smtp()), None), Err(vec!["password".into()]));
    assert_eq!(restore_into(shown(smtp()), Some(http())), Err(vec!["password".into()]));
    let mut other = shown(http());
    other["headers"] = json!({"X-Other": "***"});
    assert_eq!(restore_into(other, Some(http())), Err(vec!["headers.X-Other".into()]));
}

#[test]
fn redirecting_a_connection_takes_its_credentials() {
    for (name, value) in [("url", json!("https://evil.example/")), ("url", json!("https://api.example.com/other"))] {
        let mut given = shown(http());
        given[name] = value;
        let faults = restore_into(given, Some(http())).expect_err("another place");
        assert!(faults.contains(&"headers.Authorization".to_owned()), "{faults:?}");
    }
    for (name, value) in [("host", json!("evil.example")), ("port", json!(2525)), ("security", json!("none"))] {
        let mut given = shown(smtp());
        given[name] = value;
        assert_eq!(restore_into(given, Some(smtp())), Err(vec!["password".into()]), "{name}");
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
    assert_eq!((&restored["headers"]["Authorization"], &restored["query"]["token"]), (&json!("Bearer new"), &json!("s3cret-3")));
}

//! What the guide tells tenants to write verifies what they get, and nothing else.

use std::process::Command;

use pinfold_core::webhook::WebhookSecret;
use pinfold_http::clock::now_ms;
use secrecy::ExposeSecret;

use crate::webhook_world::{python, run};

const GUIDE: &str = include_str!("../../../../docs/guides/webhooks.md");

/// The guide's code in one language.
fn snippet(language: &str) -> &'static str {
    let (_, rest) = GUIDE.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("```").unwrap().0
}

/// A message and what should be thought of it.
fn cases() -> serde_json::Value {
    let (secret, other, body) = (WebhookSecret::generate(), WebhookSecret::generate(), r#"{"type":"pin.sent","x":"é"}"#);
    let now_s = now_ms() / 1_000;
    let case = |key: &WebhookSecret, time: u64, signature: String, is_fine: bool| {
        serde_json::json!({ "secret": key.text().expose_secret(), "body": body, "fine": is_fine, "headers": {
            "webhook-id": "msg_1", "webhook-timestamp": time.to_string(), "webhook-signature": signature } })
    };
    let (signed, overlap) = (secret.sign("msg_1", now_s, body.as_bytes()), other.sign("msg_1", now_s, body.as_bytes()));
    serde_json::json!([
        case(&secret, now_s, signed.clone(), true),
        case(&secret, now_s, format!("{overlap} {signed}"), true),
        case(&secret, now_s, format!("v1a,xxxx {signed}"), true),
        case(&other, now_s, signed.clone(), false),
        case(&secret, now_s + 1, signed, false),
        case(&secret, now_s - 301, secret.sign("msg_1", now_s - 301, body.as_bytes()), false),
        case(&secret, now_s, secret.sign("msg_2", now_s, body.as_bytes()), false),
        case(&secret, now_s, secret.sign("msg_1", now_s, b"{}"), false),
        case(&secret, now_s, "v1,".into(), false),
    ])
}

#[test]
fn the_python_of_the_guide_verifies() {
    let check = "
import json, sys
for case in json.load(sys.stdin):
    assert verify(case['secret'], case['headers'], case['body'].encode()) == case['fine'], case
";
    assert!(run(Command::new(python()).args(["-c", &format!("{}{check}", snippet("python"))]), &cases().to_string()));
}

#[test]
fn the_typescript_of_the_guide_verifies() {
    // Without its types it is the JavaScript that every Node runs.
    let script = [": string", ": Record<string, string>", ": Buffer", ": boolean"]
        .iter()
        .fold(snippet("typescript").replace("export ", ""), |script, kind| script.replace(kind, ""));
    let check = r#"
import { readFileSync } from "node:fs";
for (const one of JSON.parse(readFileSync(0, "utf8"))) {
  if (verify(one.secret, one.headers, Buffer.from(one.body)) !== one.fine) { console.error(one); process.exit(1); }
}
"#;
    let script = format!("{script}{check}");
    assert!(run(Command::new("node").args(["--input-type=module", "-e", &script]), &cases().to_string()));
}

#[test]
fn the_rust_of_the_guide_verifies() {
    // The very text of the guide.
    fn verify(secret: &str, id: &str, timestamp: &str, signatures: &str, body: &[u8], now_s: u64) -> bool {
        use aws_lc_rs::hmac;
        use base64::{Engine, engine::general_purpose::STANDARD};

        let is_recent = timestamp.parse::<u64>().is_ok_and(|sent| sent.abs_diff(now_s) <= 300);
        let Ok(key) = STANDARD.decode(secret.trim_start_matches("whsec_")) else { return false };
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let signed = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat();
        let given = signatures.split(' ').filter_map(|one| STANDARD.decode(one.strip_prefix("v1,")?).ok());
        is_recent && given.into_iter().any(|tag| hmac::verify(&key, &signed, &tag).is_ok())
    }
    let plain = |text: &str| text.split_whitespace().collect::<String>();
    assert!(plain(include_str!("webhook_guide.rs")).contains(&plain(snippet("rust"))), "the guide says something else");
    for case in cases().as_array().unwrap() {
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let header = |name: &str| text(&case["headers"][name]);
        let (id, time, signatures) = (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"));
        let body = text(&case["body"]);
        let found = verify(&text(&case["secret"]), &id, &time, &signatures, body.as_bytes(), now_ms() / 1_000);
        assert_eq!(found, case["fine"].as_bool().unwrap(), "{case}");
    }
}

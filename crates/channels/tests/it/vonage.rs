//! Vonage, against its documented answers.

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::hmac;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use pinfold_channels::{Outcome, Refused};
use pinfold_core::channel::Channel;
use pinfold_core::price::Price;
use pinfold_core::receipt::{Receipt, ReceiptState};
use pinfold_testkit::Answer;
use serde_json::{Value, json};

use crate::contract::{self, NOW_MS, message, number, outcome, pushed, requested, send};
use crate::{accepted, permanent, temporary, unknown};

static KEY: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).expect("a key"));
static PEM: LazyLock<String> = LazyLock::new(|| {
    let der: Pkcs8V1Der<'_> = KEY.as_der().expect("a key");
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der.as_ref()))
});

/// With key and secret: SMS by the SMS API.
fn account(url: &str) -> Value {
    json!({"kind": "vonage", "base_url": url, "rest_url": url, "api_key": "abcd1234", "api_secret": "s3cret-1",
        "signature_secret": "s3cret-2"})
}

/// With an application: calls, and SMS by the Messages API.
fn application(url: &str) -> Value {
    json!({"kind": "vonage", "base_url": url, "sms_api": "messages", "application_id": "78d335fa-323d-0114-9c3d-d6f0d48968cf",
        "private_key": PEM.as_str(), "sender": "+447700900001"})
}

/// With key and secret: SMS by the Messages API.
fn messages(url: &str) -> Value {
    let mut vendor = account(url);
    vendor["sms_api"] = "messages".into();
    vendor
}

const ACCEPTED: &str = r#"{"message-count":"1","messages":[{"to":"41793026727","message-id":"0A0000000123ABCD1","status":"0",
    "remaining-balance":"3.14159265","message-price":"0.03330000","network":"22801","client-ref":"R1"}]}"#;
const UUID: &str = "aaaaaaaa-bbbb-cccc-dddd-0123456789ab";

fn parts(parts: Value) -> Answer {
    Answer::ok().json(json!({"message-count": "1", "messages": parts}).to_string())
}

#[tokio::test]
async fn an_sms_is_sent_as_documented() {
    let to = number();
    let mut text = message(Channel::Sms, &to);
    let (outcome, received) = send(account, Answer::ok().json(ACCEPTED), &text).await;
    let price = Price::parse("0.0333", "EUR");
    assert_eq!(outcome, Outcome::Accepted { provider_id: Some("0A0000000123ABCD1".into()), price });
    assert_eq!((received[0].method.as_str(), received[0].path.as_str()), ("POST", "/sms/json"));
    assert_eq!((received[0].header("authorization"), received[0].query.as_str()), (None, ""));
    let fields: Vec<(String, String)> = form_urlencoded::parse(&received[0].body).into_owned().collect();
    let wanted = [
        ("api_key", "abcd1234"),
        ("api_secret", "s3cret-1"),
        ("from", "41790000000"),
        ("to", "41793026727"),
        ("text", "Your PIN is 495021 & <mind> it"),
        ("client-ref", "R1"),
        ("callback", "https://pin.example.com/receipts/s3cr3t?x=1"),
    ];
    assert_eq!(fields, wanted.map(|(name, value)| (name.to_owned(), value.to_owned())));
    text.text = "Код 495021";
    let (_, received) = send(account, Answer::ok().json(ACCEPTED), &text).await;
    assert!(String::from_utf8_lossy(&received[0].body).contains("type=unicode"));
}

#[tokio::test]
async fn parts_of_a_text_are_one_message() {
    let part = |id: &str, price: &str| json!({"message-id": id, "status": "0", "message-price": price});
    let sms = |answer| outcome(account, Channel::Sms, answer);
    let both = sms(parts(json!([part("A", "0.03330000"), part("B", "0.03330000")]))).await;
    assert_eq!(both, Outcome::Accepted { provider_id: Some("A".into()), price: Price::parse("0.0666", "EUR") });
    assert_eq!(sms(parts(json!([part("A", "0.1"), {"status": "9"}]))).await, unknown("partly_sent"));
    assert_eq!(sms(parts(json!([{"message-id": "A", "status": "0"}]))).await, accepted("A"));
}

fn claims(header: Option<&str>) -> Value {
    let token = header.and_then(|value| value.strip_prefix("Bearer ")).expect("a token");
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_exp = false;
    decode::<Value>(token, &DecodingKey::from_rsa_der(KEY.public_key().as_ref()), &validation).expect("signed by the key").claims
}

#[tokio::test]
async fn the_messages_api_is_spoken_as_an_application_or_as_an_account() {
    let to = number();
    let mut text = message(Channel::Sms, &to);
    let answer = || Answer::status(202).json(json!({"message_uuid": UUID}).to_string());
    let (outcome, received) = send(application, answer(), &text).await;
    assert_eq!((outcome, received[0].path.as_str()), (accepted(UUID), "/v1/messages"));
    let claims = claims(received[0].header("authorization"));
    assert_eq!(claims["application_id"], "78d335fa-323d-0114-9c3d-d6f0d48968cf");
    assert_eq!((&claims["iat"], &claims["exp"]), (&json!(NOW_MS / 1000), &json!(NOW_MS / 1000 + 300)));
    assert_eq!(claims["jti"].as_str().map(str::len), Some(32));
    assert_eq!(
        received[0].json(),
        json!({"message_type": "text", "channel": "sms", "from": "41790000000", "to": "41793026727",
            "text": "Your PIN is 495021 & <mind> it", "client_ref": "R1",
            "webhook_url": "https://pin.example.com/receipts/s3cr3t?x=1", "webhook_version": "v1"})
    );
    let (outcome, received) = send(messages, answer(), &text).await;
    assert_eq!(outcome, accepted(UUID));
    let basic = format!("Basic {}", STANDARD.encode("abcd1234:s3cret-1"));
    assert_eq!(received[0].header("authorization"), Some(basic.as_str()));
    text.from = None;
    let (outcome, _) = send(messages, answer(), &text).await;
    assert_eq!(outcome, permanent("sender_missing"));
}

#[tokio::test]
async fn a_call_is_made_as_documented() {
    let to = number();
    let mut call = message(Channel::Voice, &to);
    call.from = None;
    call.language = "fr".parse().expect("a language");
    let answer = || {
        Answer::status(201)
            .json(json!({"uuid": UUID, "status": "started", "direction": "outbound", "conversation_uuid": "CON-1"}).to_string())
    };
    let (outcome, received) = send(application, answer(), &call).await;
    assert_eq!((outcome, received[0].path.as_str()), (accepted(UUID), "/v1/calls"));
    claims(received[0].header("authorization"));
    assert_eq!(
        received[0].json(),
        json!({"to": [{"type": "phone", "number": "41793026727"}], "from": {"type": "phone", "number": "447700900001"},
            "ncco": [{"action": "talk", "text": "Your PIN is 495021 & <mind> it", "loop": 2, "language": "fr-FR"}],
            "event_url": ["https://pin.example.com/receipts/s3cr3t?x=1"], "event_method": "POST"})
    );
    call.speech_rate = Some(0.75);
    let (_, received) = send(application, answer(), &call).await;
    let said = &received[0].json()["ncco"][0]["text"];
    assert_eq!(said, "<speak><prosody rate=\"75%\">Your PIN is 495021 &amp; &lt;mind&gt; it</prosody></speak>");
}

#[tokio::test]
async fn each_class_of_refusal_has_its_word() {
    for (status, wanted) in [
        ("1", temporary("rate_limited")),
        ("5", temporary("provider_error")),
        ("4", permanent("credentials_refused")),
        ("6", permanent("recipient_invalid")),
        ("7", permanent("recipient_blocked")),
        ("8", permanent("account_suspended")),
        ("9", permanent("credit_exhausted")),
        ("12", permanent("message_too_long")),
        ("15", permanent("sender_refused")),
        ("29", permanent("account_limited")),
        ("3", permanent("provider_refused")),
    ] {
        let answer = parts(json!([{"status": status, "error-text": "41793026727"}]));
        assert_eq!(outcome(account, Channel::Sms, answer).await, wanted, "{status}");
    }
    for (status, code, wanted) in [
        (429, "1000", temporary("rate_limited")),
        (500, "1030", temporary("provider_error")),
        (422, "1170", permanent("recipient_invalid")),
        (422, "1050", permanent("recipient_blocked")),
        (403, "1060", permanent("account_suspended")),
        (402, "1070", permanent("credit_exhausted")),
        (422, "1120", permanent("sender_refused")),
        (401, "unauthorized", permanent("credentials_refused")),
        (422, "1020", permanent("http_422")),
    ] {
        let body = json!({"type": format!("https://developer.vonage.com/api-errors/messages#{code}"), "title": "?",
            "detail": "41793026727", "instance": "bf0ca0bf927b3b52e3cb03217e1a1ddf"});
        let answer = Answer::status(status).json(body.to_string());
        assert_eq!(outcome(messages, Channel::Sms, answer).await, wanted, "{code}");
    }
    for (name, wanted) in [("to", "recipient_invalid"), ("to[0].number", "recipient_invalid"), ("from", "sender_refused")] {
        let body = json!({"type": "https://developer.vonage.com/api-errors", "title": "Bad Request",
            "invalid_parameters": [{"name": name, "reason": "?"}]});
        let answer = Answer::status(400).json(body.to_string());
        assert_eq!(outcome(application, Channel::Voice, answer).await, permanent(wanted), "{name}");
    }
}

#[tokio::test]
async fn it_keeps_the_common_contract() {
    contract::faults(account, Channel::Sms).await;
    contract::faults(messages, Channel::Sms).await;
    contract::faults(application, Channel::Voice).await;
    contract::other_channels(account).await;
    contract::other_channels(application).await;
    contract::secrets(account, &[ACCEPTED, r#"{"messages":[{"status":"6","error-text":"41793026727"}]}"#]).await;
    let usual = json!({"kind": "vonage", "api_key": "k", "api_secret": "s"});
    contract::settings(
        &usual,
        &[
            ("api_secret", json!(null)),
            ("rest_url", json!("https://[::1]")),
            ("private_key", json!(PEM.as_str())),
            ("signature_secret", json!("")),
        ],
    );
    contract::settings(
        &json!({"kind": "vonage", "application_id": "a", "private_key": PEM.as_str()}),
        &[("private_key", json!("x"))],
    );
    let shown =
        serde_json::to_string(&crate::connection(application("http://127.0.0.1:9")).provider.masked()).expect("serialises");
    assert!(!shown.contains("PRIVATE KEY"), "{shown}");
}

fn token(secret: &str, body: &str) -> String {
    let claims = json!({"iat": NOW_MS / 1000, "jti": "c5ba8f24-1a14-4c10-bfdf-3fbe8ce511b5", "iss": "Vonage",
        "payload_hash": hex::encode(digest(&SHA256, body.as_bytes())), "api_key": "abcd1234"});
    let token = encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(secret.as_bytes()));
    format!("Bearer {}", token.expect("a token"))
}

fn webhook(body: &Value) -> Result<Vec<Receipt>, Refused> {
    let body = body.to_string();
    pushed(&account("https://api.nexmo.com"), &[("Authorization", &token("s3cret-2", &body))], &body)
}

#[test]
fn receipts_of_messages_and_calls_are_read() {
    for (status, wanted) in [
        ("submitted", ReceiptState::Sent),
        ("delivered", ReceiptState::Delivered),
        ("read", ReceiptState::Read),
        ("undeliverable", ReceiptState::Undeliverable),
        ("else", ReceiptState::Unknown),
    ] {
        let body = json!({"message_uuid": UUID, "to": "41793026727", "from": "447700900001", "status": status,
            "timestamp": "2023-05-01T14:00:00.000Z", "usage": {"currency": "EUR", "price": "0.0333"}, "client_ref": "R1"});
        let wanted =
            Receipt { at_ms: Some(1_682_949_600_000), price: Price::parse("0.0333", "EUR"), ..Receipt::new(UUID, wanted) };
        assert_eq!(webhook(&body), Ok(vec![wanted]), "{status}");
    }
    let rejected = json!({"message_uuid": UUID, "status": "rejected",
        "error": {"type": "https://developer.vonage.com/api-errors/messages#1260", "title": "Destination unreachable"}});
    let wanted = Receipt { reason: Some("vonage_1260".into()), ..Receipt::new(UUID, ReceiptState::Rejected) };
    assert_eq!(webhook(&rejected), Ok(vec![wanted]));
    for (status, wanted, reason) in [
        ("ringing", ReceiptState::Sent, None),
        ("answered", ReceiptState::Delivered, None),
        ("completed", ReceiptState::Delivered, None),
        ("unanswered", ReceiptState::Undeliverable, Some("vonage_unanswered")),
        ("busy", ReceiptState::Undeliverable, Some("vonage_busy")),
        ("rejected", ReceiptState::Rejected, Some("vonage_rejected")),
    ] {
        let body =
            json!({"uuid": UUID, "conversation_uuid": "CON-1", "status": status, "price": "0.01", "direction": "outbound"});
        let wanted =
            Receipt { reason: reason.map(str::to_owned), price: Price::parse("0.01", "EUR"), ..Receipt::new(UUID, wanted) };
        assert_eq!(webhook(&body), Ok(vec![wanted]), "{status}");
    }
    assert_eq!(webhook(&json!({"message_uuid": UUID, "text": "hello"})), Ok(vec![]), "an incoming message");
    assert_eq!(webhook(&json!({"status": "delivered"})), Err(Refused::Unreadable));
}

const URL: &str = "https://pin.example.com/receipts/s3cr3t?x=1";

/// The query of a receipt of the SMS API, signed as documented.
fn query(changes: &[(&str, &str)], secret: &str) -> String {
    let mut values = std::collections::BTreeMap::from([
        ("x", "1"),
        ("msisdn", "41793026727"),
        ("to", "A&B=C"),
        ("network-code", "22801"),
        ("messageId", "0A0000001234567B"),
        ("price", "0.03330000"),
        ("status", "delivered"),
        ("err-code", "0"),
        ("message-timestamp", "2023-05-01 14:00:00"),
    ]);
    values.extend(changes.iter().copied());
    let text: String = values.iter().map(|(name, value)| format!("&{name}={}", value.replace(['&', '='], "_"))).collect();
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let sig = hex::encode_upper(hmac::sign(&key, text.as_bytes()));
    form_urlencoded::Serializer::new(String::new()).extend_pairs(values).append_pair("sig", &sig).finish()
}

#[test]
fn receipts_of_the_sms_api_are_read() {
    let provider = account("https://api.nexmo.com");
    for (status, error, wanted, reason) in [
        ("accepted", "0", ReceiptState::Sent, None),
        ("buffered", "0", ReceiptState::Sent, None),
        ("delivered", "0", ReceiptState::Delivered, None),
        ("expired", "1", ReceiptState::Expired, Some("vonage_1")),
        ("failed", "6", ReceiptState::Undeliverable, Some("vonage_6")),
        ("rejected", "15", ReceiptState::Rejected, Some("vonage_15")),
        ("unknown", "0", ReceiptState::Unknown, None),
    ] {
        let wanted = Receipt {
            reason: reason.map(str::to_owned),
            at_ms: Some(1_682_949_600_000),
            price: Price::parse("0.0333", "EUR"),
            ..Receipt::new("0A0000001234567B", wanted)
        };
        let query = query(&[("status", status), ("err-code", error)], "s3cret-2");
        let url = format!("https://pin.example.com/receipts/s3cr3t?{query}");
        assert_eq!(requested(&provider, "GET", &url, &[], ""), Ok(vec![wanted.clone()]), "{status}");
        let form = [("content-type", "application/x-www-form-urlencoded")];
        assert_eq!(requested(&provider, "POST", URL, &form, &query), Ok(vec![wanted]), "{status}");
    }
}

#[test]
fn a_receipt_that_is_not_signed_by_the_account_is_refused() {
    let provider = account("https://api.nexmo.com");
    let body = json!({"message_uuid": UUID, "status": "delivered"}).to_string();
    let other = json!({"message_uuid": UUID, "status": "rejected"}).to_string();
    for token in [token("other", &body), token("s3cret-2", &other), "Bearer x.y.z".into(), "Basic x".into()] {
        assert_eq!(pushed(&provider, &[("authorization", &token)], &body), Err(Refused::Unsigned), "{token}");
    }
    assert_eq!(pushed(&provider, &[], &body), Err(Refused::Unsigned));
    let forged = format!("https://pin.example.com/receipts/s3cr3t?{}", query(&[], "other"));
    assert_eq!(requested(&provider, "GET", &forged, &[], ""), Err(Refused::Unsigned));
    let changed = format!("https://pin.example.com/receipts/s3cr3t?{}", query(&[], "s3cret-2").replace("delivered", "failed"));
    assert_eq!(requested(&provider, "GET", &changed, &[], ""), Err(Refused::Unsigned));
    let none = json!({"alg": "none", "typ": "JWT"}).to_string();
    let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let claims = json!({"payload_hash": hex::encode(digest(&SHA256, body.as_bytes()))}).to_string();
    let unsigned = format!("Bearer {}.{}.", engine.encode(none), engine.encode(claims));
    assert_eq!(pushed(&provider, &[("authorization", &unsigned)], &body), Err(Refused::Unsigned));
    let unchecked = json!({"kind": "vonage", "api_key": "k", "api_secret": "s"});
    contract::spoilt(&unchecked, &body);
}

//! Smstools, against its documented answers.

use aws_lc_rs::hmac;
use pinfold_channels::Refused;
use pinfold_core::channel::Channel;
use pinfold_core::receipt::{Receipt, ReceiptState};
use pinfold_testkit::Answer;
use serde_json::{Value, json};

use crate::contract::{self, NOW_MS, message, number, outcome, pushed, send};
use crate::{accepted, permanent, temporary};

fn vendor(url: &str) -> Value {
    json!({"kind": "smstools", "base_url": format!("{url}/v1"), "client_id": "CID", "client_secret": "s3cret-1",
        "sender": "Smstools", "webhook_secret": "s3cret-2"})
}

const ACCEPTED: &str = r#"{"messageid":"h2md1ewkyzjkuyn9ak7pryw1evtyw3x"}"#;
const ID: &str = "h2md1ewkyzjkuyn9ak7pryw1evtyw3x";

#[tokio::test]
async fn an_sms_and_a_call_are_sent_as_documented() {
    let to = number();
    let (outcome, received) = send(vendor, Answer::ok().json(ACCEPTED), &message(Channel::Sms, &to)).await;
    assert_eq!(outcome, accepted(ID));
    assert_eq!((received[0].method.as_str(), received[0].path.as_str()), ("POST", "/v1/message/send"));
    assert_eq!(received[0].header("x-client-id"), Some("CID"));
    assert_eq!(received[0].header("x-client-secret"), Some("s3cret-1"));
    let text = "Your PIN is 495021 & <mind> it";
    assert_eq!(received[0].json(), json!({"to": "41793026727", "message": text, "reference": "R1", "sender": "41790000000"}));

    let mut call = message(Channel::Voice, &to);
    call.language = "nl".parse().expect("a language");
    let (outcome, received) = send(vendor, Answer::ok().json(r#"{"messageids":["A1"]}"#), &call).await;
    assert_eq!((outcome, received[0].path.as_str()), (accepted("A1"), "/v1/voice/send"));
    assert_eq!(received[0].json(), json!({"to": "41793026727", "message": text, "reference": "R1", "language": "nl"}));
    call.language = "it".parse().expect("a language");
    let (outcome, received) = send(vendor, Answer::ok(), &call).await;
    assert_eq!((outcome, received.len()), (permanent("language_unsupported"), 0));
}

#[tokio::test]
async fn each_class_of_refusal_has_its_word() {
    for (error, wanted) in [
        (json!("103"), permanent("recipient_invalid")),
        (json!(106), permanent("recipient_invalid")),
        (json!("131"), permanent("recipient_opted_out")),
        (json!("102"), permanent("message_refused")),
        (json!("118"), permanent("message_too_long")),
        (json!("111"), permanent("sender_refused")),
        (json!("104"), permanent("credentials_refused")),
        (json!("108"), permanent("credit_exhausted")),
        (json!("116"), permanent("account_suspended")),
        (json!(105), temporary("provider_error")),
        (json!("error parsing json"), permanent("provider_refused")),
    ] {
        for status in [400, 200] {
            let body = json!({"error": error, "errorMsg": "number 41793026727"}).to_string();
            assert_eq!(outcome(vendor, Channel::Sms, Answer::status(status).json(body)).await, wanted, "{error}");
        }
    }
}

#[tokio::test]
async fn it_keeps_the_common_contract() {
    contract::faults(vendor, Channel::Sms).await;
    contract::faults(vendor, Channel::Voice).await;
    contract::other_channels(vendor).await;
    contract::secrets(vendor, &[ACCEPTED, r#"{"error":"103","errorMsg":"41793026727"}"#]).await;
    let usual = json!({"kind": "smstools", "client_id": "C", "client_secret": "s"});
    contract::settings(&usual, &[("client_id", json!("")), ("client_secret", json!("a\nb")), ("webhook_secret", json!(""))]);
}

fn signed(time: u64, body: &str, secret: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    format!("t={time},v1={}", hex::encode(hmac::sign(&key, format!("{time}.{body}").as_bytes())))
}

fn report(code: &str, detail: &str) -> String {
    json!({"webhook_id": "wh_123", "webhook_type": "delivery_report", "username": "u", "message": {"messageid": ID,
        "datetime": "2026-01-01 10:00:00", "content": "Your PIN is 495021", "sender": "S", "receiver": "41793026727",
        "reference": "R1", "delivery_code": code, "delivery_status": "?", "delivery_code_detail": detail,
        "delivery_code_detail_description": "?"}})
    .to_string()
}

#[test]
fn receipts_are_read_when_they_are_signed() {
    let provider = vendor("https://api.smstools.com");
    let now = NOW_MS / 1000;
    for (code, detail, state, reason) in [
        ("0", "", ReceiptState::Sent, None),
        ("1", "", ReceiptState::Delivered, None),
        ("2", "11", ReceiptState::Undeliverable, Some("smstools_11")),
        ("3", "", ReceiptState::Sent, None),
        ("4", "", ReceiptState::Rejected, None),
        ("5", "10", ReceiptState::Rejected, Some("smstools_10")),
        ("9", "", ReceiptState::Unknown, None),
    ] {
        let body = report(code, detail);
        let signature = signed(now - 299, &body, "s3cret-2");
        let receipts = pushed(&provider, &[("X-Smstools-Signature", &signature)], &body);
        let wanted = Receipt { reason: reason.map(str::to_owned), ..Receipt::new(ID, state) };
        assert_eq!(receipts, Ok(vec![wanted]), "{code}");
    }
    let other = r#"{"webhook_type":"inbox_message","message":{"messageid":"1"}}"#;
    let signature = signed(now, other, "s3cret-2");
    assert_eq!(pushed(&provider, &[("x-smstools-signature", &signature)], other), Ok(vec![]));
}

#[test]
fn a_receipt_that_is_not_signed_by_the_account_is_refused() {
    let provider = vendor("https://api.smstools.com");
    let (body, now) = (report("1", ""), NOW_MS / 1000);
    for signature in [
        signed(now, &body, "other"),
        signed(now, &report("2", ""), "s3cret-2"),
        signed(now - 301, &body, "s3cret-2"),
        signed(now + 301, &body, "s3cret-2"),
        format!("t={now}"),
        format!("t={now},v1=zz"),
        String::new(),
    ] {
        assert_eq!(pushed(&provider, &[("x-smstools-signature", &signature)], &body), Err(Refused::Unsigned), "{signature}");
    }
    assert_eq!(pushed(&provider, &[], &body), Err(Refused::Unsigned));
    let unchecked = json!({"kind": "smstools", "client_id": "C", "client_secret": "s"});
    assert_eq!(pushed(&unchecked, &[], &body).map(|receipts| receipts.len()), Ok(1));
    contract::spoilt(&unchecked, &body);
    assert_eq!(pushed(&unchecked, &[], "{}"), Err(Refused::Unreadable));
}

//! IPROG SMS, against its documented answers.

use pinfold_channels::Refused;
use pinfold_core::channel::Channel;
use pinfold_core::receipt::{Receipt, ReceiptState};
use pinfold_testkit::Answer;
use serde_json::{Value, json};

use crate::contract::{self, ask, message, number, outcome, pushed, send};
use crate::{accepted, permanent, temporary, unknown};

fn vendor(url: &str) -> Value {
    json!({"kind": "iprog", "base_url": format!("{url}/api/v1"), "api_token": "s3cret-token", "sms_provider": 1})
}

const ACCEPTED: &str = r#"{"status":200,"message":"SMS successfully queued for delivery.","message_id":"iSms-XHYBk"}"#;

#[tokio::test]
async fn an_sms_is_sent_as_documented() {
    let (outcome, received) = send(vendor, Answer::ok().json(ACCEPTED), &message(Channel::Sms, &number())).await;
    assert_eq!(outcome, accepted("iSms-XHYBk"));
    assert_eq!((received[0].method.as_str(), received[0].path.as_str()), ("POST", "/api/v1/sms_messages"));
    assert_eq!(received[0].query, "", "the token stands in no address");
    assert_eq!(
        received[0].json(),
        json!({"api_token": "s3cret-token", "phone_number": "41793026727", "message": "Your PIN is 495021 & <mind> it", "sms_provider": 1})
    );
}

#[tokio::test]
async fn the_body_decides_and_not_the_status() {
    for (body, wanted) in [
        (json!({"status": 500, "message": "Invalid Token"}), "credentials_refused"),
        (json!({"status": "error", "message": "Insufficient SMS credits"}), "credit_exhausted"),
        (json!({"status": 500, "message": "Phone number 41793026727 is invalid"}), "recipient_invalid"),
        (json!({"status": "error", "message": "No."}), "provider_refused"),
        (json!({"status": "error", "data": {"errors": ["x"]}}), "provider_refused"),
    ] {
        assert_eq!(outcome(vendor, Channel::Sms, Answer::ok().json(body.to_string())).await, permanent(wanted), "{body}");
    }
}

#[tokio::test]
async fn it_keeps_the_common_contract() {
    contract::faults(vendor, Channel::Sms).await;
    contract::other_channels(vendor).await;
    contract::secrets(vendor, &[ACCEPTED, r#"{"status":500,"message":"Invalid Token s3cret-token"}"#]).await;
    contract::settings(&json!({"kind": "iprog", "api_token": "t"}), &[("api_token", json!("")), ("sms_provider", json!(3))]);
}

#[test]
fn it_pushes_no_receipts() {
    assert_eq!(pushed(&vendor("https://www.iprogsms.com"), &[], "{}"), Err(Refused::Unsupported));
}

#[tokio::test]
async fn it_is_asked_what_became_of_a_message() {
    for (status, wanted) in [
        ("pending", ReceiptState::Sent),
        ("Sent", ReceiptState::Sent),
        ("delivered", ReceiptState::Delivered),
        ("failed", ReceiptState::Undeliverable),
        ("else", ReceiptState::Unknown),
    ] {
        let answer = Answer::ok().json(json!({"status": 200, "message_status": status}).to_string());
        let (receipt, received) = ask(vendor, answer).await;
        assert_eq!(receipt, Ok(Receipt::new("M 1", wanted)), "{status}");
        assert_eq!((received[0].method.as_str(), received[0].path.as_str()), ("GET", "/api/v1/sms_messages/status"));
        assert_eq!(received[0].query, "api_token=s3cret-token&message_id=M+1");
    }
    let (receipt, _) = ask(vendor, Answer::ok().json(r#"{"status":500,"message":"Invalid Token"}"#)).await;
    assert_eq!(receipt, Err(unknown("invalid_answer")));
    let (receipt, _) = ask(vendor, Answer::status(503)).await;
    assert_eq!(receipt, Err(temporary("http_503")));
}

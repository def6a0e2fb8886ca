//! 8x8, against its documented answers.

use pinfold_channels::Refused;
use pinfold_core::channel::Channel;
use pinfold_core::price::Price;
use pinfold_core::receipt::{Receipt, ReceiptState};
use pinfold_testkit::Answer;
use serde_json::{Value, json};

use crate::contract::{self, message, number, outcome, pushed, send};
use crate::{accepted, permanent, temporary};

fn vendor(url: &str) -> Value {
    json!({"kind": "8x8", "base_url": url, "voice_url": url, "sub_account_id": "amazing_hq", "api_key": "s3cret-key",
        "sender": "Brand", "caller": "6512341234"})
}

const ACCEPTED: &str = r#"{"umid":"c6b37e9e-8a2f-4a4e-9b9c-111111111111","clientMessageId":"R1","destination":"+41793026727",
    "encoding":"GSM7","status":{"code":"QUEUED","description":"SMS is accepted and queued for processing"}}"#;
const CREATED: &str = r#"{"sessionId":"d9874358-89ac-4c50-bbab-1eb634482a94","sessionStatus":"CREATED",
    "callFlowRequestId":"89b545a5-0676-11ee-8100-d500c0d203fc","statusCode":1,"statusMessage":"Created"}"#;

#[tokio::test]
async fn an_sms_is_sent_as_documented() {
    let (outcome, received) = send(vendor, Answer::ok().json(ACCEPTED), &message(Channel::Sms, &number())).await;
    assert_eq!(outcome, accepted("c6b37e9e-8a2f-4a4e-9b9c-111111111111"));
    let path = (received[0].method.as_str(), received[0].path.as_str());
    assert_eq!(path, ("POST", "/api/v1/subaccounts/amazing_hq/messages"));
    assert_eq!(received[0].header("authorization"), Some("Bearer s3cret-key"));
    assert_eq!(
        received[0].json(),
        json!({"destination": "+41793026727", "source": "41790000000", "text": "Your PIN is 495021 & <mind> it",
            "encoding": "AUTO", "clientMessageId": "R1", "dlrCallbackUrl": "https://pin.example.com/receipts/s3cr3t?x=1"})
    );
}

#[tokio::test]
async fn a_call_is_made_as_documented() {
    let to = number();
    let mut call = message(Channel::Voice, &to);
    call.from = None;
    call.language = "de".parse().expect("a language");
    let (outcome, received) = send(vendor, Answer::ok().json(CREATED), &call).await;
    assert_eq!(outcome, accepted("d9874358-89ac-4c50-bbab-1eb634482a94"));
    assert_eq!(received[0].path, "/api/v1/subaccounts/amazing_hq/callflows");
    assert_eq!(
        received[0].json(),
        json!({"callflow": [
            {"action": "makeCall", "params": {"source": "6512341234", "destination": "+41793026727"}},
            {"action": "say", "params": {"text": "Your PIN is 495021 & <mind> it", "language": "de-DE", "repetition": 2, "speed": 1.0}},
            {"action": "hangup"},
        ]})
    );
    (call.voice_name, call.speech_rate) = (Some("en-IE-EmilyNeural"), Some(0.8));
    let (_, received) = send(vendor, Answer::ok().json(CREATED), &call).await;
    let say = &received[0].json()["callflow"][1]["params"];
    assert_eq!((&say["voiceProfile"], &say["speed"], say.get("language")), (&json!("en-IE-EmilyNeural"), &json!(0.8), None));
}

#[tokio::test]
async fn each_class_of_refusal_has_its_word() {
    for (status, code, wanted) in [
        (400, 1002, permanent("recipient_invalid")),
        (400, 1004, permanent("message_refused")),
        (400, 1005, permanent("sender_refused")),
        (400, 1001, permanent("credentials_refused")),
        (401, 1200, permanent("credentials_refused")),
        (400, 1000, permanent("http_400")),
        (500, 2000, temporary("provider_error")),
        (500, 2001, temporary("http_500")),
    ] {
        let body = json!({"code": code, "message": "bad 41793026727", "errorId": "b4478860-b76c-e811-814e-022a35cc1c71",
            "timestamp": "2025-12-18T09:25:40.9235752+00:00"});
        assert_eq!(outcome(vendor, Channel::Sms, Answer::status(status).json(body.to_string())).await, wanted, "{code}");
    }
    let rejected = Answer::ok().json(r#"{"umid":"U","status":{"code":"REJECTED","description":"no 41793026727"}}"#);
    assert_eq!(outcome(vendor, Channel::Sms, rejected).await, permanent("provider_refused"));
    for (code, wanted) in [
        (-1002, "language_unsupported"),
        (-1014, "sender_refused"),
        (-1016, "message_refused"),
        (-1017, "recipient_invalid"),
        (-1001, "provider_refused"),
    ] {
        let body = json!({"sessionStatus": "NOT_CREATED", "callFlowRequestId": "0", "statusCode": code, "statusMessage": "?"});
        let answer = Answer::ok().json(body.to_string());
        assert_eq!(outcome(vendor, Channel::Voice, answer).await, permanent(wanted), "{code}");
    }
}

#[tokio::test]
async fn it_keeps_the_common_contract() {
    contract::faults(vendor, Channel::Sms).await;
    contract::faults(vendor, Channel::Voice).await;
    contract::other_channels(vendor).await;
    contract::secrets(vendor, &[ACCEPTED, "{}"]).await;
    let usual = json!({"kind": "8x8", "sub_account_id": "amazing_hq", "api_key": "k"});
    contract::settings(
        &usual,
        &[("sub_account_id", json!("")), ("voice_url", json!("https://localhost")), ("api_key", json!(""))],
    );
}

fn sms_report(state: &str, detail: &str, error: u16) -> String {
    json!({"namespace": "SMS", "eventType": "outbound_message_status_changed", "description": "d", "payload": {
        "umid": "U1", "subAccountId": "amazing_hq", "source": "S", "destination": "+41793026727", "smsCount": 1,
        "status": {"state": state, "detail": detail, "timestamp": "2025-12-18T09:25:40.92Z", "errorCode": error, "errorMessage": "?"},
        "price": {"total": 0.0375, "perSms": 0.0375, "currency": "EUR"}}})
    .to_string()
}

#[test]
fn receipts_are_read() {
    let provider = vendor("https://sms.8x8.com");
    for (state, detail, error, wanted, reason) in [
        ("queued", "", 0, ReceiptState::Sent, None),
        ("sent", "", 0, ReceiptState::Sent, None),
        ("delivered", "delivered_to_operator", 0, ReceiptState::Sent, None),
        ("delivered", "delivered_to_recipient", 0, ReceiptState::Delivered, None),
        ("read", "", 0, ReceiptState::Read, None),
        ("undelivered", "rejected_by_operator", 41, ReceiptState::Rejected, Some("8x8_41")),
        ("undelivered", "", 1, ReceiptState::Undeliverable, Some("8x8_1")),
        ("undelivered", "expired", 36, ReceiptState::Expired, Some("8x8_36")),
        ("else", "", 0, ReceiptState::Unknown, None),
    ] {
        let wanted = Receipt {
            reason: reason.map(str::to_owned),
            at_ms: Some(1_766_049_940_920),
            price: Price::parse("0.0375", "EUR"),
            ..Receipt::new("U1", wanted)
        };
        assert_eq!(pushed(&provider, &[], &sms_report(state, detail, error)), Ok(vec![wanted]), "{state} {detail}");
    }
    for (status, wanted, reason) in [
        ("COMPLETED", ReceiptState::Delivered, None),
        ("NO_ANSWER", ReceiptState::Undeliverable, Some("8x8_no_answer")),
        ("NO ANSWER", ReceiptState::Undeliverable, Some("8x8_no_answer")),
        ("BUSY", ReceiptState::Undeliverable, Some("8x8_busy")),
        ("CANCELED", ReceiptState::Rejected, Some("8x8_canceled")),
    ] {
        let body = json!({"namespace": "VOICE", "eventType": "SESSION_SUMMARY", "payload": {
            "sessionId": "S1", "sessionStatus": status, "endTime": "2025-12-18T09:25:40Z"}});
        let wanted = Receipt { reason: reason.map(str::to_owned), at_ms: Some(1_766_049_940_000), ..Receipt::new("S1", wanted) };
        assert_eq!(pushed(&provider, &[], &body.to_string()), Ok(vec![wanted]), "{status}");
    }
    contract::spoilt(&provider, &sms_report("undelivered", "", 1));
    let error = r#"{"eventType":"SESSION_SUMMARY","payload":{"sessionId":"S1","sessionStatus":"ERROR","errorDetails":{"errorCode":-2004}}}"#;
    let reason = pushed(&provider, &[], error).expect("a receipt").remove(0).reason;
    assert_eq!(reason.as_deref(), Some("8x8_2004"));
    assert_eq!(pushed(&provider, &[], r#"{"eventType":"inbound_message_received","payload":{}}"#), Ok(vec![]));
    for body in ["", "{}", r#"{"eventType":"outbound_message_status_changed","payload":{"umid":"U1"}}"#] {
        assert_eq!(pushed(&provider, &[], body), Err(Refused::Unreadable), "{body}");
    }
}

//! Infobip, against its documented answers.

use pinfold_channels::Refused;
use pinfold_core::channel::Channel;
use pinfold_core::lookup::NumberFacts;
use pinfold_core::price::Price;
use pinfold_core::receipt::{Receipt, ReceiptState};
use pinfold_core::recipient::Recipient;
use pinfold_testkit::Answer;
use serde_json::{Value, json};

use crate::contract::{self, look_up, message, number, outcome, pushed, send};
use crate::{accepted, permanent, temporary};

fn vendor(url: &str) -> Value {
    json!({"kind": "infobip", "base_url": url, "api_key": "s3cret-key", "sender": "InfoSMS", "email_from": "PIN <pin@example.com>"})
}

const ACCEPTED: &str = r#"{"bulkId":"B1","messages":[{"messageId":"2250be2d4219-3af1-78856-aabe-1362af1edfd2",
    "status":{"groupId":1,"groupName":"PENDING","id":26,"name":"PENDING_ACCEPTED","description":"Message sent to next instance"},
    "destination":"41793026727","details":{"messageCount":1}}]}"#;
const ID: &str = "2250be2d4219-3af1-78856-aabe-1362af1edfd2";

fn refused(group: u8, id: u16) -> Answer {
    Answer::ok().json(
        json!({"messages": [{"messageId": "X", "to": "41793026727",
        "status": {"groupId": group, "groupName": "REJECTED", "id": id, "name": "?", "description": "to 41793026727"}}]})
        .to_string(),
    )
}

#[tokio::test]
async fn an_sms_is_sent_as_documented() {
    let (outcome, received) = send(vendor, Answer::ok().json(ACCEPTED), &message(Channel::Sms, &number())).await;
    assert_eq!(outcome, accepted(ID));
    let [request] = <[_; 1]>::try_from(received).expect("one request");
    assert_eq!((request.method.as_str(), request.path.as_str(), request.query.as_str()), ("POST", "/sms/3/messages", ""));
    assert_eq!(request.header("authorization"), Some("App s3cret-key"));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("accept"), Some("application/json"));
    assert_eq!(
        request.json(),
        json!({"messages": [{
            "sender": "41790000000", "destinations": [{"to": "41793026727"}],
            "content": {"text": "Your PIN is 495021 & <mind> it"},
            "options": {"validityPeriod": {"amount": 299, "timeUnit": "SECONDS"}},
            "webhooks": {"delivery": {"url": "https://pin.example.com/receipts/s3cr3t?x=1"}, "contentType": "application/json"},
        }]})
    );
}

#[tokio::test]
async fn what_a_message_lacks_comes_from_the_connection_or_is_left_out() {
    let to = number();
    let mut plain = message(Channel::Sms, &to);
    (plain.from, plain.receipt_url, plain.expires_at_ms) = (None, None, 0);
    let dlt = pinfold_core::message::IndiaDlt {
        principal_entity_id: "P1".into(),
        content_template_id: Some("C1".into()),
        tele_marketer_id: None,
    };
    plain.india_dlt = Some(&dlt);
    let (_, received) = send(vendor, Answer::ok().json(ACCEPTED), &plain).await;
    let sent = &received[0].json()["messages"][0];
    assert_eq!((&sent["sender"], sent.get("webhooks")), (&json!("InfoSMS"), None));
    assert_eq!(sent["options"], json!({"regional": {"indiaDlt": {"principalEntityId": "P1", "contentTemplateId": "C1"}}}));
    let bare = |url: &str| json!({"kind": "infobip", "base_url": url, "api_key": "k"});
    let (outcome, received) = send(bare, Answer::ok(), &plain).await;
    assert_eq!((outcome, received.len()), (permanent("sender_missing"), 0));
}

#[tokio::test]
async fn a_call_is_made_as_documented() {
    let to = number();
    let mut call = message(Channel::Voice, &to);
    call.language = "pt_br".parse().expect("a language");
    (call.voice_name, call.speech_rate, call.repeat_dtmf) = (Some("Vitoria"), Some(0.8), Some("1#"));
    let (outcome, received) = send(vendor, Answer::ok().json(ACCEPTED), &call).await;
    assert_eq!(outcome, accepted(ID));
    assert_eq!(received[0].path, "/tts/3/advanced");
    assert_eq!(
        received[0].json(),
        json!({"messages": [{
            "from": "41790000000", "destinations": [{"to": "41793026727"}], "text": "Your PIN is 495021 & <mind> it",
            "language": "pt-br", "voice": {"name": "Vitoria"}, "speechRate": 0.8, "repeatDtmf": "1#",
            "notifyUrl": "https://pin.example.com/receipts/s3cr3t?x=1", "notifyContentType": "application/json",
        }]})
    );
}

#[tokio::test]
async fn a_mail_is_a_form_that_no_value_can_extend() {
    let to = Recipient::parse("john.smith@example.com").expect("an address");
    let mut mail = message(Channel::Email, &to);
    mail.text = "495021\r\n--x\r\nContent-Disposition: form-data; name=\"to\"\r\n\r\nevil@example.com";
    (mail.from, mail.subject, mail.html) = (None, Some("Your PIN"), Some("<b>495021</b>"));
    let (outcome, received) = send(vendor, Answer::ok().json(ACCEPTED), &mail).await;
    assert_eq!(outcome, accepted(ID));
    assert_eq!(received[0].path, "/email/3/send");
    let kind = received[0].header("content-type").expect("a type").to_owned();
    let boundary = kind.strip_prefix("multipart/form-data; boundary=").expect("a form");
    let body = String::from_utf8(received[0].body.to_vec()).expect("text");
    let parts: Vec<(&str, &str)> = body
        .strip_suffix(&format!("--{boundary}--\r\n"))
        .expect("an end")
        .split(&format!("--{boundary}\r\n"))
        .skip(1)
        .map(|part| part.trim_end_matches("\r\n").split_once("\r\n\r\n").expect("a part"))
        .collect();
    let field = |name: &str| format!("Content-Disposition: form-data; name=\"{name}\"");
    let wanted = [
        (field("from"), "PIN <pin@example.com>"),
        (field("to"), "john.smith@example.com"),
        (field("subject"), "Your PIN"),
        (field("text"), mail.text),
        (field("html"), "<b>495021</b>"),
        (field("notifyUrl"), "https://pin.example.com/receipts/s3cr3t?x=1"),
        (field("notifyContentType"), "application/json"),
    ];
    assert_eq!(parts, wanted.iter().map(|(name, value)| (name.as_str(), *value)).collect::<Vec<_>>());
}

#[tokio::test]
async fn each_class_of_refusal_has_its_word() {
    for (group, id, wanted) in [
        (5, 8, permanent("recipient_invalid")),
        (5, 10, permanent("recipient_opted_out")),
        (5, 14, permanent("recipient_blocked")),
        (5, 11, permanent("sender_refused")),
        (5, 13, permanent("sender_refused")),
        (5, 12, permanent("credit_exhausted")),
        (5, 6, permanent("route_refused")),
        (5, 20, temporary("rate_limited")),
        (5, 21, temporary("provider_error")),
        (5, 99, permanent("provider_refused")),
        (2, 4, permanent("provider_refused")),
        (4, 15, permanent("provider_refused")),
    ] {
        assert_eq!(outcome(vendor, Channel::Sms, refused(group, id)).await, wanted, "{group} {id}");
    }
    let unauthorized = r#"{"requestError":{"serviceException":{"messageId":"UNAUTHORIZED","text":"Invalid login details"}}}"#;
    let answer = Answer::status(401).json(unauthorized);
    assert_eq!(outcome(vendor, Channel::Voice, answer).await, permanent("credentials_refused"));
}

#[tokio::test]
async fn it_keeps_the_common_contract() {
    contract::faults(vendor, Channel::Sms).await;
    contract::faults(vendor, Channel::Voice).await;
    contract::other_channels(vendor).await;
    contract::secrets(vendor, &[ACCEPTED, "{}", r#"{"messages":[{"status":{"groupId":5,"id":8}}]}"#]).await;
    contract::settings(&json!({"kind": "infobip", "api_key": "k"}), &[("api_key", json!("")), ("sender", json!("a\r\nb"))]);
}

#[test]
fn receipts_are_read() {
    let provider = vendor("https://api.infobip.com");
    let report = json!({"results": [
        {"bulkId": "B1", "messageId": "M1", "to": "41793026727", "sentAt": "2019-11-09T16:00:00.000+0000",
         "doneAt": "2019-11-09T16:00:01.000+0000", "messageCount": 2, "price": {"pricePerMessage": 0.01, "currency": "EUR"},
         "status": {"groupId": 3, "groupName": "DELIVERED", "id": 5, "name": "DELIVERED_TO_HANDSET", "description": "d"},
         "error": {"groupId": 0, "groupName": "OK", "id": 0, "name": "NO_ERROR", "description": "No Error", "permanent": false}},
        {"messageId": "M2", "status": {"groupId": 3, "id": 2}},
        {"messageId": "M3", "status": {"groupId": 2, "id": 9}, "error": {"id": 27, "name": "EC_ABSENT_SUBSCRIBER"}},
        {"messageId": "M4", "status": {"groupId": 4, "id": 15}, "error": {"id": 0}},
        {"messageId": "M5", "status": {"groupId": 5, "id": 12}},
        {"messageId": "M6", "status": {"groupId": 1, "id": 7}},
        {"messageId": "M7", "status": {"groupId": 77, "id": 7}},
        {"to": "41793026727"},
    ]});
    let receipts = pushed(&provider, &[], &report.to_string()).expect("receipts");
    let first = Receipt {
        at_ms: Some(1_573_315_201_000),
        price: Price::parse("0.02", "EUR"),
        ..Receipt::new("M1", ReceiptState::Delivered)
    };
    assert_eq!(receipts[0], first);
    let rest: Vec<_> = receipts[1..].iter().map(|one| (one.provider_id.as_str(), one.state, one.reason.as_deref())).collect();
    assert_eq!(
        rest,
        [
            ("M2", ReceiptState::Sent, None),
            ("M3", ReceiptState::Undeliverable, Some("infobip_27")),
            ("M4", ReceiptState::Expired, Some("infobip_15")),
            ("M5", ReceiptState::Rejected, Some("infobip_12")),
            ("M6", ReceiptState::Sent, None),
            ("M7", ReceiptState::Unknown, None),
        ]
    );
    contract::spoilt(&provider, &report.to_string());
    for body in ["", "{}", "[]", "<xml/>", r#"{"results":1}"#] {
        assert_eq!(pushed(&provider, &[], body), Err(Refused::Unreadable), "{body}");
    }
}

#[tokio::test]
async fn a_number_is_looked_up() {
    let answer = json!({"results": [{"to": "41793026727", "mccMnc": "22801", "imsi": "228012120181810",
        "originalNetwork": {"networkPrefix": "79", "countryPrefix": "41"}, "ported": false, "roaming": true,
        "status": {"groupId": 3, "groupName": "DELIVERED", "id": 5, "name": "DELIVERED_TO_HANDSET"},
        "error": {"id": 0, "name": "NO_ERROR"}}], "bulkId": "B1"});
    let (facts, received) = look_up(vendor, Answer::ok().json(answer.to_string())).await;
    assert_eq!((received[0].path.as_str(), received[0].json()), ("/number/1/query", json!({"to": ["41793026727"]})));
    assert_eq!(received[0].header("authorization"), Some("App s3cret-key"));
    let wanted = NumberFacts {
        is_valid: Some(true),
        is_reachable: Some(true),
        mcc: Some("228".into()),
        mnc: Some("01".into()),
        is_ported: Some(false),
        is_roaming: Some(true),
        line: None,
    };
    assert_eq!(facts, Ok(wanted));
    let unknown = json!({"results": [{"to": "41793026727", "mccMnc": null, "status": {"groupId": 2, "id": 9},
        "error": {"id": 1, "name": "EC_UNKNOWN_SUBSCRIBER"}}]});
    let (facts, _) = look_up(vendor, Answer::ok().json(unknown.to_string())).await;
    assert_eq!(facts, Ok(NumberFacts { is_valid: Some(false), is_reachable: Some(false), ..NumberFacts::default() }));
    let (facts, _) = look_up(vendor, Answer::status(429).retry_after(3)).await;
    assert_eq!(facts.expect_err("no facts").name(), "temporary");
    let (facts, _) = look_up(vendor, Answer::ok().json("{}")).await;
    assert_eq!(facts.expect_err("no facts").reason(), Some("invalid_answer"));
}

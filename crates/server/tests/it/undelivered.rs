//! What follows a message that a provider took and did not bring, or that was kept back because its line takes none.

use std::time::Duration;

use serde_json::json;

use crate::receipts::{Vendor, push, report, until};
use crate::support::{App, pin_in};

/// Waits until the phone of `to` rang, and gives how often and what was spoken last.
async fn calls(app: &App, to: &str) -> (usize, String) {
    app.wait_for_messages(to, 1).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let messages = app.messages(to).await;
    assert!(messages.iter().all(|message| message["channel"] == "voice"), "{messages:?}");
    (messages.len(), pin_in(&messages[0]["text"].as_str().expect("a text").replace(", ", "")))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_phone_rings_once_when_a_receipt_says_that_the_sms_will_not_arrive() {
    let app = App::start().await;
    let client = app.client.with(&format!("Bearer {}", app.demo["API_KEY"]));
    let vendor = Vendor::of(&app).await;
    let (mut to, mut pin, mut text) = (String::new(), String::new(), String::new());
    for number in 0..100 {
        to = format!("417930267{number:02}");
        let plan = json!([{ "channel": "voice", "after": 60, "on": "failure" }]);
        let sent = client.post("/v1/otp", json!({ "to": to, "fallback": plan })).await.expect(200).json();
        pin = sent["requestId"].as_str().expect("an id").to_owned();
        tokio::time::sleep(Duration::from_millis(150)).await;
        if let Some(request) = vendor.peer.received().last() {
            text = request.json()["messages"][0]["content"]["text"].as_str().expect("a text").to_owned();
            break;
        }
    }
    until(&app, &pin, "sent", |story| story["deliveries"][0]["status"] == "sent").await;
    for _ in 0..10 {
        push(&app.client, &vendor.path, report("M-1", "UNDELIVERABLE")).await.expect(200);
    }
    assert_eq!(calls(&app, &to).await, (1, pin_in(&text)));
    let story = until(&app, &pin, "the call is recorded", |story| story["deliveries"][1]["status"] == "sent").await;
    let ways: Vec<_> = story["deliveries"].as_array().expect("deliveries").iter().map(|it| it["channel"].clone()).collect();
    assert_eq!(ways, ["sms", "voice"]);
    let guess = json!({ "to": to, "code": pin_in(&text) });
    assert_eq!(client.post("/v1/otp/verify", guess).await.expect(200).json()["matched"], true);
    let mut found = false;
    for process in &app.processes {
        let metrics = crate::support::Client { base: process.url(), ..app.client.anonymous() }.get("/metrics").await.text;
        found |= metrics.contains(r#"pinfold_receipts_total{connector="infobip",state="undeliverable"} 10"#);
    }
    assert!(found, "receipts are counted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fixed_line_rings_when_its_template_says_so() {
    let app = App::start().await;
    let (application, message) = app.new_application(json!({})).await;
    let send = async |to: &str| {
        let body = json!({ "applicationId": application, "messageId": message, "to": to });
        app.client.post("/2fa/2/pin?ncNeeded=true", body).await.expect(200).json()
    };
    // Without a plan nothing goes to a fixed line.
    let kept_back = send("41442345678").await;
    assert_eq!(kept_back["smsStatus"], "MESSAGE_NOT_SENT", "{kept_back}");
    let plan = json!({ "steps": [{ "channel": "voice", "after": 60, "on": "failure" }] });
    app.client.put(&format!("/v1/messages/{message}/fallback"), plan).await.expect(200);
    let (mut to, mut pin) = (String::new(), String::new());
    // A change of a known template is everywhere within five seconds.
    for number in 0..40 {
        to = format!("414423456{number:02}");
        let sent = send(&to).await;
        assert_eq!(sent["smsStatus"], "MESSAGE_NOT_SENT", "{sent}");
        pin = sent["pinId"].as_str().expect("an id").to_owned();
        tokio::time::sleep(Duration::from_millis(400)).await;
        if !app.messages(&to).await.is_empty() {
            break;
        }
    }
    let (count, code) = calls(&app, &to).await;
    assert_eq!(count, 1);
    assert_eq!(app.verify(&pin, &code).await["verified"], true);
    assert!(app.messages("41442345678").await.is_empty());
}

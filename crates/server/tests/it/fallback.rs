//! What follows when a message does not reach its person, from outside.

use std::time::Duration;

use pinfold_testkit::{Answer, Role};
use serde_json::{Value, json};

use crate::support::{App, Client, Provider, pin_in};

async fn send(client: &Client, body: Value) -> String {
    let sent = client.post("/v1/otp", body).await.expect(200).json();
    sent["requestId"].as_str().expect("an id").to_owned()
}

/// The messages on the phone of `to`, oldest first, as channel and PIN.
async fn shown(app: &App, to: &str, count: usize) -> Vec<(String, String)> {
    let messages = app.wait_for_messages(to, count).await.into_iter().rev();
    let one = |message: Value| {
        let text = message["text"].as_str().unwrap_or_default().replace(", ", "");
        (message["channel"].as_str().unwrap_or_default().to_owned(), pin_in(&text))
    };
    messages.map(one).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_sms_fails_the_phone_rings_with_the_same_pin_and_verifies_once() {
    let app = App::start().await;
    let client = app.client.with(&format!("Bearer {}", app.demo["API_KEY"]));
    let provider = Provider::of(&app).await;
    provider.answer(Answer::status(400));
    let to = "41793026727";
    let step = json!({ "channel": "voice", "after": 30 });
    let request = send(&client, json!({ "to": to, "fallback": [step] })).await;
    let call = shown(&app, to, 1).await.remove(0);
    let sms = provider.given_of(&request).remove(0);
    assert_eq!(call, ("voice".to_owned(), sms.pin.clone()));
    let guess = json!({ "to": to, "code": sms.pin });
    let right = client.post("/v1/otp/verify", guess.clone()).await.expect(200).json();
    assert_eq!((&right["status"], &right["matched"]), (&json!("valid"), &json!(true)));
    let again = client.post("/v1/otp/verify", guess).await.expect(200).json();
    assert_eq!((&again["status"], &again["matched"]), (&json!("used"), &json!(false)));
    let standing = client.get(&format!("/v1/otp/{request}")).await.expect(200).json();
    assert_eq!((&standing["deliveries"], &standing["channel"]), (&json!(2), &json!("voice")));
    let recorded = format!(
        "SELECT (SELECT count(*) FROM verifications WHERE pin_id = '{request}' AND verified_at IS NOT NULL), \
         (SELECT string_agg(channel || ' ' || status, ', ' ORDER BY delivery) FROM deliveries WHERE pin_id = '{request}')"
    );
    let mut found = String::new();
    for _ in 0..100 {
        found = app.database.query(Role::Superuser, &recorded).expect("the record answers");
        if found == "1|sms failed, voice sent" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_that_nothing_came_gets_the_next_step_until_none_is_left() {
    let app = App::start().await;
    let client = app.client.with(&format!("Bearer {}", app.demo["API_KEY"]));
    let (to, mail) = ("41793026728", "eve@example.com");
    let steps =
        json!([{ "channel": "voice", "after": 60 }, { "channel": "push", "after": 60 }, { "channel": "email", "after": 60 }]);
    let request = send(&client, json!({ "to": to, "email": mail, "fallback": steps })).await;
    let code = shown(&app, to, 1).await.remove(0).1;
    let next = format!("/v1/otp/{request}/next");
    let with_key = async |key: &str| client.send(client.request("POST", &next).header("idempotency-key", key)).await;
    for _ in 0..3 {
        let sent = with_key("one").await.expect(200).json();
        assert_eq!((&sent["channel"], &sent["to"]), (&json!("voice"), &json!(format!("+{to}"))));
    }
    let calls = shown(&app, to, 2).await;
    assert_eq!(calls[1], ("voice".to_owned(), code.clone()));
    // There is no push address, so the mail comes.
    let sent = with_key("two").await.expect(200).json();
    assert_eq!((&sent["channel"], &sent["to"]), (&json!("email"), &json!(mail)));
    assert_eq!(shown(&app, mail, 1).await, [("email".to_owned(), code.clone())]);
    let none = client.post(&next, json!({})).await.expect(409).json();
    assert_eq!(none["error"]["code"], "no_fallback");
    assert_eq!(with_key("two").await.expect(200).json()["channel"], "email");
    assert_eq!(app.messages(to).await.len(), 2);
    let right = client.post("/v1/otp/verify", json!({ "to": to, "code": code })).await.expect(200).json();
    assert_eq!(right["matched"], true, "{right}");
    assert_eq!(client.post(&next, json!({})).await.expect(409).json()["error"]["code"], "pin_over");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_keeps_its_bounds_and_the_limits_of_the_number() {
    let app = App::start().await;
    let client = app.client.with(&format!("Bearer {}", app.demo["API_KEY"]));
    let refused = async |body: Value| client.post("/v1/otp", body).await.expect(400).json()["error"].to_string();
    let voice = json!({ "channel": "voice", "after": 30 });
    for (body, field) in [
        (json!({ "to": "41793026729", "fallback": [voice, voice] }), "fallback[1].channel"),
        (json!({ "to": "41793026729", "channel": "voice", "fallback": [voice] }), "fallback[0].channel"),
        (json!({ "to": "41793026729", "ttlSeconds": 30, "fallback": [voice] }), "fallback"),
        (json!({ "to": "41793026729", "fallback": [{ "channel": "fax", "after": 30 }] }), "fallback[0].channel"),
        (json!({ "to": "41793026729", "fallback": [voice], "email": "nobody" }), "email"),
        (json!({ "to": "41793026729", "fallback": [voice], "push": {} }), "push"),
    ] {
        let error = refused(body).await;
        assert!(error.contains(field), "{field}: {error}");
    }
    let (application, message) = app.new_application(json!({ "sendPinPerPhoneNumberLimit": "1/1h" })).await;
    // The plan of a template, through the vendor's own way of sending.
    let plan = json!({ "steps": [{ "channel": "voice", "after": 60 }] });
    client.put(&format!("/v1/messages/{message}/fallback"), plan).await.expect(200);
    let (mut to, mut limited) = (String::new(), None);
    // A change of a known template is everywhere within five seconds.
    for number in 0..20 {
        to = format!("417930300{number:02}");
        let pin = app.send(&application, &message, &to).await;
        let answer = client.post(&format!("/v1/otp/{pin}/next"), json!({})).await;
        if answer.status != 409 {
            limited = Some(answer.expect(429));
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let limited = limited.expect("the plan is known");
    assert!(limited.retry_after().is_some_and(|seconds| seconds > 3_500), "{}", limited.text);
    assert_eq!(limited.json()["error"]["code"], "too_many_sends");
    assert_eq!(shown(&app, &to, 1).await.len(), 1);
}

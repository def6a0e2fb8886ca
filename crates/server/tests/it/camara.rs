//! CAMARA's dialect: send a code in the caller's words, validate it by its id.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Answer, App, Client};

const SEND: &str = "/one-time-password-sms/v1/send-code";
const VALIDATE: &str = "/one-time-password-sms/v1/validate-code";

async fn send(client: &Client, to: &str) -> String {
    let body = json!({ "phoneNumber": to, "message": "{{code}} is your short code" });
    let sent = client.post(SEND, body).await.expect(200).json();
    assert_eq!(sent.as_object().map(serde_json::Map::len), Some(1), "{sent}");
    sent["authenticationId"].as_str().expect("an id").to_owned()
}

async fn validate(client: &Client, id: &str, code: &str) -> Answer {
    client.post(VALIDATE, json!({ "authenticationId": id, "code": code })).await
}

/// Status and code of a refusal, whose body has both.
fn refused(answer: &Answer) -> (u16, String) {
    let body = answer.json();
    assert_eq!(body["status"], answer.status, "{}", answer.text);
    assert!(body["message"].is_string() && body.as_object().map(serde_json::Map::len) == Some(3), "{}", answer.text);
    (answer.status, body["code"].as_str().expect("a code").to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_sent_in_the_callers_words_and_validated_once() {
    let app = App::start().await;
    let client = app.bearer();
    let id = send(&client, "+41793026727").await;
    assert!(id.len() == 36 && id == id.to_lowercase(), "{id}");
    let text = app.wait_for_messages("41793026727", 1).await[0]["text"].as_str().unwrap_or_default().to_owned();
    let code = text.split(' ').next().unwrap_or_default().to_owned();
    assert_eq!(text, format!("{code} is your short code"));
    assert_eq!(code.len(), 6);
    let wrong = validate(&client, &id, &App::wrong(&code)).await;
    assert_eq!(refused(&wrong), (400, "ONE_TIME_PASSWORD_SMS.INVALID_OTP".into()));
    let request = client.request("POST", VALIDATE).header("x-correlator", "b4333c46-49c0");
    let right = client.send(request.json(&json!({ "authenticationId": id, "code": code }))).await.expect(204);
    assert_eq!((right.text.as_str(), right.header("x-correlator")), ("", Some("b4333c46-49c0")));
    let again = validate(&client, &id, &code).await;
    assert_eq!(refused(&again), (400, "ONE_TIME_PASSWORD_SMS.VERIFICATION_EXPIRED".into()));
    // The header comes back with refusals too, unless it could break one.
    let request = client.request("POST", VALIDATE).header("x-correlator", "abc");
    assert_eq!(client.send(request.json(&json!({}))).await.expect(400).header("x-correlator"), Some("abc"));
    let request = client.request("POST", VALIDATE).header("x-correlator", "a b;c");
    assert_eq!(client.send(request.json(&json!({}))).await.expect(400).header("x-correlator"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_end_of_a_code_has_its_error() {
    let app = App::start().await;
    let client = app.bearer_of(json!({})).await;
    let id = send(&client, "+41793026727").await;
    let code = app.pin_of("41793026727").await;
    for attempt in 1..=5 {
        let wrong = validate(&client, &id, &App::wrong(&code)).await;
        let word = if attempt < 5 { "INVALID_OTP" } else { "VERIFICATION_FAILED" };
        assert_eq!(refused(&wrong), (400, format!("ONE_TIME_PASSWORD_SMS.{word}")));
    }
    assert_eq!(refused(&validate(&client, &id, &code).await), (400, "ONE_TIME_PASSWORD_SMS.VERIFICATION_FAILED".into()));

    let id = send(&client, "+41793026728").await;
    let code = app.pin_of("41793026728").await;
    let pin = id.replace('-', "");
    let odd = validate(&client, &id, "AJY3").await;
    assert_eq!(refused(&odd), (400, "ONE_TIME_PASSWORD_SMS.INVALID_OTP".into()), "no such code can be, and nothing is spent");
    client.delete(&format!("/v1/otp/{pin}")).await.expect(204);
    assert_eq!(refused(&validate(&client, &id, &code).await), (400, "ONE_TIME_PASSWORD_SMS.VERIFICATION_EXPIRED".into()));
    let nobody = "00000000-0000-0000-0000-000000000000";
    assert_eq!(refused(&validate(&client, nobody, "123456").await), (404, "NOT_FOUND".into()));
    assert_eq!(refused(&validate(&client, "x", "123456").await), (404, "NOT_FOUND".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_another_application_finds_no_code_and_spends_no_attempt() {
    let app = App::start().await;
    let (owner, other) = (app.bearer_of(json!({ "pinAttempts": 1 })).await, app.bearer_of(json!({})).await);
    let id = send(&owner, "+41793026727").await;
    let code = app.pin_of("41793026727").await;
    let unknown = validate(&other, "00000000-0000-0000-0000-000000000000", &code).await;
    for guess in [&code, &App::wrong(&code)] {
        let found = validate(&other, &id, guess).await;
        assert_eq!(refused(&found), (404, "NOT_FOUND".into()));
        assert_eq!(found.text, unknown.text);
    }
    validate(&owner, &id, &code).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_code_says_so() {
    let app = App::start().await;
    let client = app.bearer_of(json!({ "pinTimeToLive": "1s" })).await;
    let id = send(&client, "+41793026727").await;
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert_eq!(refused(&validate(&client, &id, "123456").await), (400, "ONE_TIME_PASSWORD_SMS.VERIFICATION_EXPIRED".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_request_is_told_and_sends_nothing() {
    let app = App::start().await;
    let client = app.bearer();
    let to = "+41793026727";
    let long = format!("{{{{code}}}}{}", "x".repeat(160));
    let bodies: [Value; 8] = [
        json!({}),
        json!({ "phoneNumber": to }),
        json!({ "phoneNumber": to, "message": "no code" }),
        json!({ "phoneNumber": to, "message": "{{code}} {{code}}" }),
        json!({ "phoneNumber": to, "message": long }),
        json!({ "phoneNumber": "41793026727", "message": "{{code}}" }),
        json!({ "phoneNumber": "+41 79 302 67 27", "message": "{{code}}" }),
        json!({ "phoneNumber": 41_793_026_727_u64, "message": "{{code}}" }),
    ];
    for body in bodies {
        let answer = client.post(SEND, body.clone()).await;
        assert_eq!(refused(&answer), (400, "INVALID_ARGUMENT".into()), "{body}");
    }
    let fixed = client.post(SEND, json!({ "phoneNumber": "+41442345678", "message": "{{code}}" })).await;
    assert_eq!(refused(&fixed), (403, "ONE_TIME_PASSWORD_SMS.PHONE_NUMBER_NOT_ALLOWED".into()));
    let long = validate(&client, "00000000-0000-0000-0000-000000000000", "12345678901").await;
    assert_eq!(refused(&long), (400, "INVALID_ARGUMENT".into()));
    let nobody = app.client.anonymous().post(SEND, json!({ "phoneNumber": to, "message": "{{code}}" })).await;
    assert_eq!(refused(&nobody), (401, "UNAUTHENTICATED".into()));
    assert!(app.messages("41793026727").await.is_empty());

    let client = app.bearer_of(json!({ "sendPinPerPhoneNumberLimit": "1/1h" })).await;
    send(&client, to).await;
    let limited = client.post(SEND, json!({ "phoneNumber": to, "message": "{{code}}" })).await;
    assert_eq!(refused(&limited), (403, "ONE_TIME_PASSWORD_SMS.MAX_OTP_CODES_EXCEEDED".into()));
    assert!(limited.retry_after().is_some_and(|seconds| seconds > 3_000), "{}", limited.text);
}

//! IPROG's dialect: the key among the fields, the outcome in the body.

use pinfold_http::clock::{now_ms, parse_rfc3339};
use serde_json::{Value, json};

use crate::support::{Answer, App, Client, pin_in};

const SEND: &str = "/api/v1/otp/send_otp";
const VERIFY: &str = "/api/v1/otp/verify_otp";

/// A JSON body with the API key in it, and no other credential.
async fn ask(app: &App, path: &str, fields: Value) -> Value {
    let mut body = json!({ "api_token": app.demo["API_KEY"] });
    body.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
    app.client.anonymous().post(path, body).await.expect(200).json()
}

async fn form(app: &App, path: &str, fields: &[(&str, &str)]) -> Answer {
    app.client.send(app.client.anonymous().request("POST", path).form(fields)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_goes_from_send_to_verified_with_the_key_in_json_form_or_query() {
    let app = App::start().await;
    let key = app.demo["API_KEY"].clone();
    let sent = ask(&app, SEND, json!({ "phone_number": "639171234567" })).await;
    assert_eq!((&sent["status"], &sent["message"]), (&json!("success"), &json!("OTP sent successfully")));
    assert_eq!(sent["data"]["phone_number"], "639171234567");
    assert!(sent["data"]["otp_code_expires_at"].as_str().is_some_and(|at| at.ends_with("+08:00")), "{sent}");
    let code = app.pin_of("639171234567").await;
    assert!(code.len() == 6 && !sent.to_string().contains(&code), "{sent}");
    let verified = form(&app, VERIFY, &[("api_token", &key), ("phone_number", "09171234567"), ("otp", &code)]).await.expect(200);
    assert_eq!(verified.json()["status"], "success", "{}", verified.text);
    assert!(!verified.text.contains(&code), "{}", verified.text);

    let path = format!("{SEND}?api_token={key}");
    let sent = form(&app, &path, &[("phone_number", "+639171234568"), ("expires_in_minutes", "10")]).await.expect(200);
    assert_eq!(sent.json()["status"], "success", "{}", sent.text);
    let code = app.pin_of("639171234568").await;
    let path = format!("{VERIFY}?api_token={key}&phone_number=639171234568&otp={code}");
    let verified = app.client.anonymous().send(app.client.anonymous().request("POST", &path)).await.expect(200);
    assert_eq!(verified.json()["status"], "success", "{}", verified.text);

    let words = json!({ "phone_number": "639171234569", "message": "Shop: :otp {{pin}}", "expires_in_minutes": 5 });
    ask(&app, SEND, words).await;
    let message = app.wait_for_messages("639171234569", 1).await.remove(0);
    let code = pin_in(message["text"].as_str().unwrap_or_default());
    assert_eq!(message["text"], format!("Shop: {code} {{{{pin}}}}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn why_a_code_is_not_good_is_not_told_apart() {
    let app = App::start().await;
    let to = "639171234567";
    let verify = async |otp: &str| ask(&app, VERIFY, json!({ "phone_number": to, "otp": otp })).await;
    let bad = json!({ "status": "error", "message": "Invalid or expired OTP" });
    assert_eq!(verify("123456").await, bad, "nothing was sent");
    ask(&app, SEND, json!({ "phone_number": to })).await;
    let first = app.pin_of(to).await;
    assert_eq!(verify(&App::wrong(&first)).await, bad);
    assert_eq!(verify("12345x").await, bad, "no such code can be");
    ask(&app, SEND, json!({ "phone_number": "09171234567" })).await;
    let text = app.wait_for_messages(to, 2).await[0]["text"].as_str().unwrap_or_default().to_owned();
    let second = pin_in(&text);
    assert_eq!(verify(&first).await, bad, "a new code ends the old one");
    assert_eq!(verify(&second).await["status"], "success");
    assert_eq!(verify(&second).await, bad, "once");

    // Lives and guesses are the vendor's, whatever the application has.
    let client = app.bearer_of(json!({ "pinAttempts": 9, "pinTimeToLive": "15m" })).await;
    let send = async |client: &Client, to: &str| {
        assert_eq!(client.post(SEND, json!({ "phone_number": to })).await.expect(200).json()["status"], "success");
        app.pin_of(to).await
    };
    let verify = async |client: &Client, to: &str, otp: &str| {
        client.post(VERIFY, json!({ "phone_number": to, "otp": otp })).await.expect(200).json()
    };
    let code = send(&client, "639171234568").await;
    for _ in 0..5 {
        assert_eq!(verify(&client, "639171234568", &App::wrong(&code)).await, bad);
    }
    assert_eq!(verify(&client, "639171234568", &code).await, bad, "exhausted");
    let short = json!({ "to": "+639171234569", "ttlSeconds": 1 });
    client.post("/v1/otp", short).await.expect(200);
    let code = app.pin_of("639171234569").await;
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    assert_eq!(verify(&client, "639171234569", &code).await, bad, "expired");
    let sent = client.post(SEND, json!({ "phone_number": 639_171_234_570_u64 })).await.expect(200).json();
    let ends = sent["data"]["otp_code_expires_at"].as_str().and_then(parse_rfc3339).expect("a time");
    assert!((290_000..=300_000).contains(&ends.saturating_sub(now_ms())), "{sent}");
    let code = json!(app.pin_of("639171234570").await);
    let guess = json!({ "phone_number": 639_171_234_570_u64, "otp": code });
    assert_eq!(client.post(VERIFY, guess).await.expect(200).json()["status"], "success");
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_in_the_body_and_send_nothing() {
    let app = App::start().await;
    let to = "639171234567";
    for token in ["T", "", "pf_live_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        let refused = app.client.anonymous().post(SEND, json!({ "api_token": token, "phone_number": to })).await.expect(200);
        assert_eq!(refused.json(), json!({ "status": 500, "message": "Invalid Token" }), "{token}");
    }
    let refused = app.client.anonymous().post(SEND, json!({ "phone_number": to })).await.expect(200);
    assert_eq!(refused.json()["message"], "Invalid Token");
    for (fields, name) in [
        (json!({}), "phone_number"),
        (json!({ "phone_number": "12" }), "phone_number"),
        (json!({ "phone_number": to, "message": "no placeholder" }), "message"),
        (json!({ "phone_number": to, "message": ":otp:otp" }), "message"),
        (json!({ "phone_number": to, "expires_in_minutes": 16 }), "expires_in_minutes"),
        (json!({ "phone_number": to, "expires_in_minutes": 0 }), "expires_in_minutes"),
        (json!({ "phone_number": to, "expires_in_minutes": "5m" }), "expires_in_minutes"),
    ] {
        let refused = ask(&app, SEND, fields.clone()).await;
        assert_eq!(refused["status"], "error", "{fields}");
        let errors = refused["data"]["errors"].to_string();
        assert!(errors.contains(name), "{fields}: {errors}");
        assert!(refused["message"].as_str().is_some_and(|text| text.to_lowercase().contains("invalid")), "{refused}");
    }
    let parts = app.client.anonymous().request("POST", SEND).header("content-type", "multipart/form-data; boundary=x");
    let refused = app.client.send(parts.body(format!("--x\r\n\r\n{}\r\n--x--", app.demo["API_KEY"]))).await.expect(415);
    assert!(refused.json()["status"] == "error" && refused.text.contains("form"), "{}", refused.text);
    let number = ask(&app, VERIFY, json!({ "phone_number": to, "otp": 123_456 })).await;
    assert!(number["data"]["errors"].to_string().contains("otp"), "{number}");
    assert!(app.messages(to).await.is_empty());
    // A key without the scope is refused in the same way, one in a header works too.
    let body = json!({ "name": "x", "scopes": ["pin:verify"] });
    let key = app.client.post("/settings/2/api-keys", body).await.expect(200).json()["apiKeySecret"].clone();
    let refused = app.client.anonymous().post(SEND, json!({ "api_token": key, "phone_number": to })).await.expect(200);
    assert_eq!(refused.json()["status"], "error", "{}", refused.text);
    assert_eq!(app.bearer().post(SEND, json!({ "phone_number": to })).await.expect(200).json()["status"], "success");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_has_neither_codes_nor_numbers() {
    let app = App::start().await;
    ask(&app, SEND, json!({ "phone_number": "639171234567" })).await;
    let code = app.pin_of("639171234567").await;
    let path = format!("/api/v1/otp?api_token={}", app.demo["API_KEY"]);
    for _ in 0..200 {
        let listed = app.client.anonymous().get(&path).await.expect(200);
        let body = listed.json();
        assert_eq!(body["status"], "success", "{}", listed.text);
        if let Some(one) = body["data"].get(0) {
            assert!(one["id"].as_str().is_some_and(|id| id.len() == 32) && one["status"].is_string(), "{one}");
            let times = [&one["created_at"], &one["otp_code_expires_at"]];
            assert!(times.iter().all(|at| at.as_str().is_some_and(|at| at.ends_with("+08:00"))), "{one}");
            assert!(!listed.text.contains(&format!("\"{code}\"")) && !listed.text.contains("639171234567"), "{}", listed.text);
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the code is never listed");
}

//! The generic dialect: send to a number, verify by the number.

use std::time::Duration;

use futures::future::join_all;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};

use crate::support::{Answer, App, Client, pin_in};

async fn send(client: &Client, body: Value) -> String {
    let sent = client.post("/v1/otp", body).await.expect(200).json();
    sent["requestId"].as_str().expect("an id").to_owned()
}

async fn verify(client: &Client, body: Value) -> Value {
    client.post("/v1/otp/verify", body).await.expect(200).json()
}

async fn status(client: &Client, request_id: &str) -> Value {
    client.get(&format!("/v1/otp/{request_id}")).await.expect(200).json()
}

/// Sends with an idempotency key.
async fn send_once(client: &Client, key: &str, body: &Value) -> Answer {
    client.send(client.request("POST", "/v1/otp").header("idempotency-key", key).json(body)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tutorials_requests_work_to_the_letter() {
    let app = App::start().await;
    let client = app.client.with(&format!("Bearer {}", app.demo["API_KEY"]));
    let sent = client.post("/v1/otp", json!({ "to": "+16175550123", "otpLength": 6 })).await.expect(200).json();
    assert_eq!((&sent["status"], &sent["to"], &sent["channel"]), (&json!("queued"), &json!("+16175550123"), &json!("sms")));
    assert!(["requestId", "createdAt", "expiresAt"].iter().all(|name| sent[name].is_string()), "{sent}");
    assert!(sent["expiresAt"].as_str() > sent["createdAt"].as_str(), "{sent}");
    let in_seconds = |answer: &Value, names: &[&str]| {
        let whole = |name: &&str| answer[name].as_str().is_some_and(|at| at.len() == "2025-10-04T14:20:00Z".len());
        assert!(names.iter().all(whole), "{answer}");
    };
    in_seconds(&sent, &["createdAt", "expiresAt"]);
    let code = app.pin_of("16175550123").await;
    assert_eq!(code.len(), 6);
    let wrong = verify(&client, json!({ "to": "+16175550123", "code": App::wrong(&code) })).await;
    assert_eq!((&wrong["status"], &wrong["matched"]), (&json!("invalid"), &json!(false)), "{wrong}");
    let right = verify(&client, json!({ "to": "+16175550123", "code": code })).await;
    assert_eq!((&right["status"], &right["matched"]), (&json!("valid"), &json!(true)));
    assert!(right["remainingSeconds"].as_u64().is_some_and(|left| left > 0), "{right}");
    assert_eq!(right["firstLoginAt"], right["lastUsedAt"]);
    in_seconds(&right, &["firstLoginAt", "lastUsedAt"]);
    assert!(right.get("sessionToken").is_none(), "only on request");
    let again = verify(&client, json!({ "to": "+16175550123", "code": code })).await;
    assert_eq!((&again["status"], &again["matched"]), (&json!("used"), &json!(false)));
    let request_id = sent["requestId"].as_str().expect("an id");
    let standing = status(&client, request_id).await;
    assert_eq!((&standing["status"], &standing["deliveries"]), (&json!("verified"), &json!(1)));
    in_seconds(&standing, &["createdAt", "expiresAt", "verifiedAt"]);
    assert!(!standing.to_string().contains(&code), "{standing}");

    let unknown = client.post("/v1/otp/verify", json!({ "to": "+16175550199", "code": "123456" })).await.expect(404).json();
    assert!(unknown["error"]["code"] == "not_found" && unknown["error"]["message"].is_string(), "{unknown}");
    let refused = app.client.anonymous().post("/v1/otp", json!({ "to": "+16175550123" })).await.expect(401);
    assert_eq!(refused.json()["error"]["code"], "unauthorized");
    // Codes that are good again are for clients that know of them.
    let (again, _) = app.new_application(json!({ "allowMultiplePinVerifications": true })).await;
    send(&client, json!({ "to": "+16175550124", "applicationId": again })).await;
    let guess = json!({ "to": "+16175550124", "applicationId": again, "code": app.pin_of("16175550124").await });
    let first = verify(&client, guess.clone()).await;
    assert_eq!((&first["matched"], &first["attemptsRemaining"]), (&json!(true), &json!(0)));
    assert_eq!(verify(&client, guess).await["status"], "used");
    // An address gets a mail, with the built-in text.
    send(&client, json!({ "to": "john.smith@example.com" })).await;
    let mail = app.wait_for_messages("john.smith@example.com", 1).await.remove(0);
    assert_eq!(mail["channel"], "email");
    let code = pin_in(mail["text"].as_str().unwrap_or_default());
    assert_eq!(code.len(), 6);
    assert_eq!(verify(&client, json!({ "to": "john.smith@EXAMPLE.com", "code": code })).await["matched"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_lives_five_minutes_or_as_asked_and_never_past_the_ceiling() {
    let app = App::start().await;
    let created = app.client.post("/2fa/2/applications", json!({ "name": "Defaults" })).await.expect(200).json();
    let application = created["applicationId"].as_str().expect("an id");
    let left = async |to: &str, body: Value| {
        send(&app.client, body).await;
        let code = app.pin_of(to).await;
        let judged = verify(&app.client, json!({ "to": to, "code": code, "applicationId": application })).await;
        assert_eq!(judged["matched"], true, "{judged}");
        judged["remainingSeconds"].as_u64().expect("a number")
    };
    let default = left("41793026701", json!({ "to": "41793026701", "applicationId": application })).await;
    assert!((290..=300).contains(&default), "{default}");
    let longest = left("41793026702", json!({ "to": "41793026702", "applicationId": application, "ttlSeconds": 900 })).await;
    assert!((890..=900).contains(&longest), "{longest}");
    for life in ["901", "0", "-1", "1.5", "\"300\"", "86400", "18446744073709551615", "18446744073709552", "1e400"] {
        let body = format!(r#"{{"to":"41793026703","ttlSeconds":{life}}}"#);
        let request = app.client.request("POST", "/v1/otp").header("content-type", "application/json").body(body);
        let refused = app.client.send(request).await.expect(400);
        assert!(refused.json()["error"]["code"].is_string(), "{life}: {}", refused.text);
        assert!(life == "1e400" || refused.text.contains("ttlSeconds"), "{life}: {}", refused.text);
    }
    assert!(app.client.post("/v1/otp", json!({ "to": "41793026703", "ttlSeconds": 901 })).await.text.contains("15m"));
    for length in [json!(3), json!(11), json!(0), json!(-6), json!("6"), json!(6.5)] {
        let refused = app.client.post("/v1/otp", json!({ "to": "41793026703", "otpLength": length })).await.expect(400);
        assert!(refused.text.contains("otpLength"), "{}", refused.text);
    }
    // An ended code says so, and stays ended.
    let request_id = send(&app.client, json!({ "to": "41793026704", "ttlSeconds": 1 })).await;
    let code = app.pin_of("41793026704").await;
    tokio::time::sleep(Duration::from_millis(1_050)).await;
    let judged = verify(&app.client, json!({ "to": "41793026704", "code": code })).await;
    assert_eq!(
        (&judged["status"], &judged["matched"], &judged["remainingSeconds"]),
        (&json!("expired"), &json!(false), &json!(0))
    );
    assert_eq!(status(&app.client, &request_id).await["status"], "expired");
    app.client.post(&format!("/v1/otp/{request_id}/resend"), json!({})).await.expect(409);
    assert_eq!(app.messages("41793026703").await.len(), 0, "what was refused sent nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_success_comes_with_a_session_token_that_anybody_can_check() {
    let app = App::start().await;
    let to = "+16175550123";
    let verified = async |extra: Value| {
        app.client.delete(&format!("/simulator/api/messages?to={}", &to[1..])).await;
        send(&app.client, json!({ "to": to })).await;
        let mut body = json!({ "to": to, "code": app.pin_of(&to[1..]).await, "session": true });
        for (name, value) in extra.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        verify(&app.client, body).await
    };
    let answer = verified(json!({})).await;
    let token = answer["sessionToken"].as_str().expect("a token");
    assert!(answer["sessionExpiresAt"].is_string(), "{answer}");
    let keys = app.client.anonymous().get("/.well-known/jwks.json").await.expect(200);
    assert!(!keys.text.contains("\"d\""), "only public halves are published");
    let keys: JwkSet = serde_json::from_str(&keys.text).expect("a JSON Web Key Set");
    let read = |token: &str| -> Result<Value, jsonwebtoken::errors::Error> {
        let header = decode_header(token)?;
        assert_eq!(header.alg, Algorithm::EdDSA);
        let key = keys.find(header.kid.as_deref().expect("a key id")).expect("a published key");
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_audience(&[app.application()]);
        validation.set_required_spec_claims(&["exp", "sub", "iss", "aud"]);
        Ok(decode::<Value>(token, &DecodingKey::from_jwk(key)?, &validation)?.claims)
    };
    let claims = read(token).expect("a valid token");
    let (iat, exp) = (claims["iat"].as_u64().expect("a time"), claims["exp"].as_u64().expect("a time"));
    assert_eq!((&claims["sub"], &claims["session"], exp - iat), (&json!(to), &json!("2fa_verified"), 86_400));
    let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    assert_eq!(parts.len(), 3);
    let flipped = if parts[1].ends_with('A') { "B" } else { "A" };
    parts[1] = format!("{}{flipped}", &parts[1][..parts[1].len() - 1]);
    assert!(read(&parts.join(".")).is_err(), "a changed token is not ours");
    assert!(read(&token[..token.rfind('.').expect("a dot") + 1]).is_err(), "nor is one without a signature");

    let answer = verified(json!({ "sessionSubject": "user-17", "sessionSeconds": 60 })).await;
    let claims = read(answer["sessionToken"].as_str().expect("a token")).expect("a valid token");
    let life = claims["exp"].as_u64().zip(claims["iat"].as_u64()).map(|(exp, iat)| exp - iat);
    assert_eq!((&claims["sub"], life), (&json!("user-17"), Some(60)));
    for (name, value) in [("sessionSeconds", json!(86_401)), ("sessionSeconds", json!(59)), ("sessionSubject", json!("a\nb"))] {
        let mut body = json!({ "to": to, "code": "123456", "session": true });
        body[name] = value;
        let refused = app.client.post("/v1/otp/verify", body).await.expect(400);
        assert!(refused.text.contains(name), "{}", refused.text);
    }
    // A failure has none.
    let failed = verified(json!({ "code": "0000000000" })).await;
    assert!(failed["matched"] == false && failed.get("sessionToken").is_none(), "{failed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_verifies_only_for_what_it_was_sent_for() {
    let app = App::start().await;
    let (other_application, other_message) = app.new_application(json!({})).await;
    let (stranger, strange_application, _) = app.stranger("stranger").await;
    let to = "+41793026727";
    let request_id = send(&app.client, json!({ "to": to, "purpose": "login" })).await;
    let code = app.pin_of(&to[1..]).await;
    let elsewhere = [
        json!({ "to": to, "code": code }),
        json!({ "to": to, "code": code, "purpose": "payment" }),
        json!({ "to": to, "code": code, "purpose": "LOGIN" }),
        json!({ "to": "+41793026728", "code": code, "purpose": "login" }),
        json!({ "to": to, "code": code, "purpose": "login", "applicationId": other_application }),
        json!({ "to": "+41793026728", "code": code, "purpose": "login", "requestId": request_id }),
        json!({ "to": to, "code": code, "purpose": "login", "requestId": request_id, "applicationId": other_application }),
        json!({ "to": to, "code": code, "purpose": "login", "requestId": "0".repeat(32) }),
    ];
    for body in elsewhere {
        let judged = app.client.post("/v1/otp/verify", body.clone()).await.expect(404);
        assert_eq!(judged.json()["error"]["code"], "not_found", "{body}");
    }
    let theirs = json!({ "to": to, "code": code, "purpose": "login", "applicationId": strange_application });
    stranger.post("/v1/otp/verify", theirs).await.expect(404);
    let theirs = json!({ "to": to, "code": code, "requestId": request_id, "applicationId": app.application() });
    stranger.post("/v1/otp/verify", theirs).await.expect(404);
    stranger.post(&format!("/2fa/2/pin/{request_id}/verify"), json!({ "pin": code })).await.expect(404);
    let crossed = json!({ "applicationId": app.application(), "messageId": other_message, "to": "41793026727" });
    app.client.post("/2fa/2/pin", crossed).await.expect(404);

    let standing = status(&app.client, &request_id).await;
    assert_eq!((&standing["status"], &standing["attemptsRemaining"]), (&json!("pending"), &json!(10)), "nothing was spent");
    let mine = json!({ "to": to, "code": code, "purpose": "login", "requestId": request_id });
    assert_eq!(verify(&app.client, mine).await["matched"], true);
    for bad in ["a b", "a:b", "{x}", "*", "../x", "é", &"x".repeat(65)] {
        app.client.post("/v1/otp", json!({ "to": to, "purpose": bad })).await.expect(400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_code_kills_the_old_one_and_a_cancel_kills_both() {
    let app = App::start().await;
    let (application, _) = app.new_application(json!({ "pinAttempts": 5 })).await;
    let to = "41793026727";
    let request_id = send(&app.client, json!({ "to": to, "applicationId": application })).await;
    let old = app.pin_of(to).await;
    let before = status(&app.client, &request_id).await;
    let resend = format!("/v1/otp/{request_id}/resend");
    app.client.post(&resend, json!({})).await.expect(200);
    let same = app.wait_for_messages(to, 2).await.remove(0);
    assert_eq!(pin_in(same["text"].as_str().unwrap_or_default()), old, "without the wish nothing changes but the delivery");
    let answer = app.client.post(&resend, json!({ "newCode": true, "channel": "voice" })).await.expect(200).json();
    assert_eq!((&answer["requestId"], &answer["expiresAt"]), (&json!(request_id), &before["expiresAt"]));
    let call = app.wait_for_messages(to, 3).await.remove(0);
    let new: String = call["text"].as_str().unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
    assert!(call["channel"] == "voice" && new.len() == 6 && new != old, "a new one is spoken");
    let judged = verify(&app.client, json!({ "to": to, "code": old, "applicationId": application })).await;
    assert_eq!((&judged["status"], &judged["attemptsRemaining"]), (&json!("invalid"), &json!(4)), "{judged}");
    assert_eq!(app.verify(&request_id, &old).await["pinError"], "WRONG_PIN");
    assert_eq!(verify(&app.client, json!({ "to": to, "code": new, "applicationId": application })).await["matched"], true);

    let request_id = send(&app.client, json!({ "to": to, "applicationId": application })).await;
    let code = pin_in(app.wait_for_messages(to, 4).await[0]["text"].as_str().unwrap_or_default());
    let one = format!("/v1/otp/{request_id}");
    let canceled = app.client.delete(&one).await.expect(204);
    assert!(canceled.text.is_empty());
    let judged = verify(&app.client, json!({ "to": to, "code": code, "applicationId": application })).await;
    assert_eq!((&judged["status"], &judged["matched"]), (&json!("canceled"), &json!(false)));
    assert_eq!(status(&app.client, &request_id).await["status"], "canceled");
    app.client.delete(&one).await.expect(409);
    app.client.post(&format!("{one}/resend"), json!({ "newCode": true })).await.expect(409);
    app.client.delete(&format!("/v1/otp/{}", "0".repeat(32))).await.expect(404);
    app.client.get(&format!("/v1/otp/{}", "0".repeat(32))).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_the_callers_choice_is_taken_exactly() {
    let app = App::start().await;
    let to = "41793026727";
    let request_id = send(&app.client, json!({ "to": to, "code": "00aB9z" })).await;
    let text = app.wait_for_messages(to, 1).await[0]["text"].as_str().unwrap_or_default().to_owned();
    assert!(text.contains("00aB9z"), "the message carries it");
    for wrong in ["00AB9Z", "0aB9z", "00aB9z0"] {
        assert_eq!(verify(&app.client, json!({ "to": to, "code": wrong })).await["status"], "invalid");
    }
    app.client.post(&format!("/v1/otp/{request_id}/resend"), json!({ "newCode": true })).await.expect(400);
    app.client.post(&format!("/v1/otp/{request_id}/resend"), json!({})).await.expect(200);
    assert!(app.wait_for_messages(to, 2).await[0]["text"].as_str().unwrap_or_default().contains("00aB9z"));
    assert!(!status(&app.client, &request_id).await.to_string().contains("00aB9z"));
    assert_eq!(verify(&app.client, json!({ "to": to, "code": "00aB9z" })).await["matched"], true);
    let refused = [
        json!({ "code": "123" }),
        json!({ "code": "12345678901" }),
        json!({ "code": "12 34" }),
        json!({ "code": "１２３４" }),
        json!({ "code": "1234", "otpLength": 4 }),
        json!({ "code": 1234 }),
        json!({ "code": "" }),
    ];
    for mut body in refused {
        body["to"] = json!(to);
        app.client.post("/v1/otp", body).await.expect(400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idempotency_key_sends_once() {
    let app = App::start().await;
    let (application, _) = app.new_application(json!({ "sendPinPerPhoneNumberLimit": "1/2s" })).await;
    let to = "41793026727";
    let body = json!({ "to": to });
    let answers = join_all((0..50).map(|_| send_once(&app.client, "order-1", &body))).await;
    let first = answers[0].clone().expect(200).json();
    assert!(answers.iter().all(|answer| answer.status == 200 && answer.json() == first), "all get the first answer");
    let code = app.pin_of(to).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(app.messages(to).await.len(), 1, "one message leaves");

    let other = send_once(&app.client, "order-1", &json!({ "to": to, "otpLength": 7 })).await.expect(422);
    assert_eq!(other.json()["error"]["code"], "idempotency_key_reused");
    let (stranger, strange_application, _) = app.stranger("stranger").await;
    let theirs = send_once(&stranger, "order-1", &json!({ "to": to, "applicationId": strange_application })).await.expect(200);
    assert_ne!(theirs.json()["requestId"], first["requestId"], "keys of tenants are apart");

    // A refused request is not remembered.
    let limited = json!({ "to": "41793026728", "applicationId": application });
    send_once(&app.client, "order-2", &limited).await.expect(200);
    let refused = send_once(&app.client, "order-3", &limited).await.expect(429);
    assert!(refused.retry_after().is_some_and(|seconds| (1..=2).contains(&seconds)), "{:?}", refused.retry_after());
    send_once(&app.client, "order-4", &json!({ "to": "nobody" })).await.expect(400);
    send_once(&app.client, "order-4", &body).await.expect(200);
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    send_once(&app.client, "order-3", &limited).await.expect(200);

    // A success whose answer was lost is given again to the same key, and to no other one.
    let guess = json!({ "to": to, "code": code, "requestId": first["requestId"] });
    let guessed = async |key: &str| {
        app.client
            .send(app.client.request("POST", "/v1/otp/verify").header("idempotency-key", key).json(&guess))
            .await
            .expect(200)
            .json()
    };
    assert_eq!(guessed("login-1").await["matched"], true);
    assert_eq!(guessed("login-1").await["matched"], true);
    assert_eq!(guessed("login-2").await["status"], "used");

    let longest = "k".repeat(255);
    send_once(&app.client, &longest, &body).await.expect(200);
    for key in ["k".repeat(256), String::new(), "a b".to_owned()] {
        let refused = send_once(&app.client, &key, &body).await.expect(400);
        assert!(refused.text.contains("Idempotency-Key"), "{}", refused.text);
    }
    let twice = app.client.request("POST", "/v1/otp").header("idempotency-key", "a").header("idempotency-key", "b").json(&body);
    app.client.send(twice).await.expect(400);
    // The same header works where the vendor's clients send.
    let vendor = json!({ "applicationId": app.application(), "messageId": app.message(), "to": "41793026729" });
    let vendor_once = async || {
        app.client.send(app.client.request("POST", "/2fa/2/pin").header("idempotency-key", "order-9").json(&vendor)).await
    };
    assert_eq!(vendor_once().await.expect(200).json(), vendor_once().await.expect(200).json());
    app.wait_for_messages("41793026729", 1).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(app.messages("41793026729").await.len(), 1);
}

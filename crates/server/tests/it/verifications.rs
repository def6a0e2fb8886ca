//! What became of PINs: told whole to who may know, listed page by page, and attested.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::{Value, json};

use crate::support::{App, command};

const TO: &str = "41793026727";
const GUIDE: &str = include_str!("../../../../docs/guides/verification-receipts.md");

/// A PIN of the demo tenant that was verified after a wrong guess and a resend.
async fn verified(app: &App) -> String {
    let pin = app.send(app.application(), app.message(), TO).await;
    let code = app.pin_of(TO).await;
    app.client.post(&format!("/2fa/2/pin/{pin}/resend"), json!({})).await.expect(200);
    app.wait_for_messages(TO, 2).await;
    assert_eq!(app.verify(&pin, &App::wrong(&code)).await["verified"], false);
    tokio::time::sleep(std::time::Duration::from_millis(3_100)).await;
    assert_eq!(app.verify(&pin, &code).await["verified"], true);
    pin
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pins_story_is_whole_and_shows_nobodys_number() {
    let app = App::start().await;
    let pin = verified(&app).await;
    let answer = app.client.get(&format!("/v1/verifications/{pin}")).await.expect(200);
    let story = answer.json();
    assert_eq!((&story["pinId"], &story["status"], &story["recipient"]), (&json!(pin), &json!("verified"), &json!("…6727")));
    assert_eq!((&story["applicationId"], &story["messageId"]), (&json!(app.application()), &json!(app.message())));
    assert_eq!((&story["wrongGuesses"], &story["channels"]), (&json!(1), &json!(["sms"])));
    assert!(story["verifiedAt"].is_string() && story["sentAt"].is_string() && story["expiresAt"].is_string(), "{story}");
    let deliveries = story["deliveries"].as_array().expect("deliveries");
    assert_eq!(deliveries.len(), 2, "{story}");
    for (number, delivery) in (1..).zip(deliveries) {
        assert_eq!(
            (&delivery["number"], &delivery["status"], &delivery["segments"]),
            (&json!(number), &json!("sent"), &json!(1))
        );
        let attempt = &delivery["attempts"][0];
        assert_eq!((&attempt["number"], &attempt["outcome"]), (&json!(1), &json!("sent")));
        assert!(attempt["connectionName"].is_string() && attempt["at"].is_string(), "{attempt}");
    }
    let events: Vec<&str> = story["events"].as_array().expect("events").iter().filter_map(|one| one["event"].as_str()).collect();
    // The phone shows a message a moment before the worker says that it left.
    let sorted = |mut events: Vec<&str>| {
        events.sort_unstable();
        events.join(" ")
    };
    assert_eq!((sorted(events.clone()).as_str(), events.last()), ("sent sent verified wrong", Some(&"verified")));
    assert!(!answer.text.contains("4179302") && !answer.text.contains("3026727"), "{}", answer.text);
    // A PIN that waits is known too, and one that never was is not.
    let waiting = app.send(app.application(), app.message(), "41793026799").await;
    let story = app.client.get(&format!("/v1/verifications/{waiting}")).await.expect(200).json();
    assert!(["waiting", "sent"].contains(&story["status"].as_str().unwrap_or_default()), "{story}");
    app.client.get("/v1/verifications/0933F3BC087D2A617AC6DCB2EF5B8A61").await.expect(404);
    app.client.get("/v1/verifications/x").await.expect(404);
    // Once the record is gone, nobody knows the recipient.
    command(&app.redis.url(), &[b"FLUSHALL"]);
    let story = app.client.get(&format!("/v1/verifications/{pin}")).await.expect(200).json();
    assert_eq!(
        (&story["status"], story.get("recipient"), story["deliveries"].as_array().map(Vec::len)),
        (&json!("verified"), None, Some(2))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn verifications_are_listed_by_what_is_asked_for() {
    let app = App::start().await;
    let (application, message) = app.new_application(json!({})).await;
    let done = verified(&app).await;
    let mut others = BTreeSet::new();
    for number in 10..17 {
        others.insert(app.send(&application, &message, &format!("417930400{number}")).await);
    }
    let list = async |query: &str| app.client.get(&format!("/v1/verifications?{query}")).await.expect(200).json();
    let ids = |page: &Value| -> Vec<String> {
        let all = page["verifications"].as_array().expect("a page").iter();
        all.map(|one| one["pinId"].as_str().expect("an id").to_owned()).collect()
    };
    for _ in 0..100 {
        if ids(&list("").await).len() == 8 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(ids(&list(&format!("applicationId={application}")).await).into_iter().collect::<BTreeSet<_>>(), others);
    assert_eq!(ids(&list("status=verified").await), [done.as_str()]);
    assert_eq!(ids(&list(&format!("recipient=%2B{TO}")).await), [done.as_str()]);
    assert_eq!(ids(&list(&format!("recipient={TO}&applicationId={application}")).await), [""; 0]);
    assert_eq!(ids(&list("channel=voice").await), [""; 0]);
    assert_eq!(ids(&list("to=2020-01-01T00:00:00Z").await), [""; 0]);
    assert_eq!(ids(&list("from=2020-01-01T00:00:00Z&channel=sms").await).len(), 8);
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = list(&format!("size=3{after}")).await;
        seen.extend(ids(&page));
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(seen.len(), 8);
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 8);
    for (query, field) in [
        ("status=lost", "status"),
        ("channel=x", "channel"),
        ("from=yesterday", "from"),
        ("to=1", "to"),
        ("recipient=x", "recipient"),
        ("after=x", "after"),
        ("size=0", "size"),
        ("size=201", "size"),
        ("applicationId=x", "applicationId"),
    ] {
        let refused = app.client.get(&format!("/v1/verifications?{query}")).await.expect(400).json();
        assert_eq!(refused["fields"][0]["field"], field, "{refused}");
    }
    let (stranger, ..) = app.stranger("stranger").await;
    assert_eq!(ids(&stranger.get("/v1/verifications").await.expect(200).json()), [""; 0]);
    stranger.get(&format!("/v1/verifications/{done}")).await.expect(404);
    stranger.post(&format!("/v1/verifications/{done}/receipt"), json!({})).await.expect(404);
}

/// Runs the guide's code on a receipt; gives the claims, or what is wrong.
fn check(receipt: &str, keys: &Value, expected: &Value) -> Result<Value, String> {
    let (_, rest) = GUIDE.split_once("```js\n").expect("the guide has code");
    let code = rest.split_once("```").expect("it ends").0;
    let run = "const { receipt, keys, expected } = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));\
        try { console.log(JSON.stringify({ claims: checkReceipt(receipt, keys, expected) })); }\
        catch (error) { console.log(JSON.stringify({ error: error.message })); }";
    let mut node = Command::new("node")
        .args(["-e", &format!("{code}\n{run}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node runs");
    let input = json!({ "receipt": receipt, "keys": keys, "expected": expected }).to_string();
    node.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("it reads");
    let output = node.wait_with_output().expect("it ends");
    let said: Value = serde_json::from_slice(&output.stdout).expect("it says something");
    said.get("claims").cloned().ok_or_else(|| said["error"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verification_is_attested_and_checked_offline_as_the_guide_says() {
    let app = App::start().await;
    let pin = verified(&app).await;
    let waiting = app.send(app.application(), app.message(), "41793026799").await;
    let refused = app.client.post(&format!("/v1/verifications/{waiting}/receipt"), json!({})).await.expect(409).json();
    assert_eq!(refused["code"], "not_verified");
    let path = format!("/v1/verifications/{pin}/receipt");
    for audience in ["", app.application(), &"x".repeat(256)] {
        app.client.post(&path, json!({ "audience": audience })).await.expect(400);
    }
    let plain = app.client.send(app.client.request("POST", &path)).await.expect(200).json();
    let issued = app.client.post(&path, json!({ "audience": "https://archive.example.com" })).await.expect(200).json();
    let published = app.client.anonymous().get("/.well-known/jwks.json").await.expect(200).json();
    let receipt = issued["receipt"].as_str().expect("a receipt");
    let issuer = app.client.base.as_str();
    let expected = json!({ "issuer": issuer, "audience": "https://archive.example.com" });
    let claims = check(receipt, &published["keys"], &expected).expect("a good receipt");
    assert_eq!(check(receipt, &json!([issued["key"]]), &expected).as_ref(), Ok(&claims), "the key in the answer does too");
    assert_eq!((&claims["iss"], &claims["jti"], &claims["channel"]), (&json!(issuer), &json!(pin), &json!("sms")));
    assert_eq!((&claims["application"], &claims["amr"]), (&json!(app.application()), &json!(["otp", "sms"])));
    assert_eq!((claims.get("exp"), claims.get("session")), (None, None));
    let times = (claims["verified_at"].as_u64(), claims["iat"].as_u64());
    assert!(times.0.is_some() && times.0 <= times.1, "{claims}");
    assert!(!claims.to_string().contains("3026727"), "the subject is a pseudonym: {claims}");
    let again = check(plain["receipt"].as_str().expect("a receipt"), &published["keys"], &json!({ "issuer": issuer }));
    let again = again.expect("a good receipt");
    assert_eq!((&again["sub"], again.get("aud")), (&claims["sub"], None));
    // Nothing else passes.
    let fails = |receipt: &str, keys: &Value, expected: &Value| check(receipt, keys, expected).expect_err("not good");
    let parts: Vec<&str> = receipt.split('.').collect();
    let forged = format!("{}.{}.{}", parts[0], parts[1].replacen('a', "b", 1), parts[2]);
    assert_eq!(fails(&forged, &published["keys"], &expected), "the signature does not fit");
    assert_eq!(fails(receipt, &json!([]), &expected), "signed with an unknown key");
    assert_eq!(fails(receipt, &published["keys"], &json!({ "issuer": "https://other.example" })), "attested by somebody else");
    let other = json!({ "issuer": issuer, "audience": "https://other.example" });
    assert_eq!(fails(receipt, &published["keys"], &other), "meant for somebody else");
    // A session token is no receipt, and a receipt is no session token.
    let otp = json!({ "to": "+16175550188", "code": "246813", "applicationId": app.application() });
    let sent = app.client.post("/v1/otp", otp).await.expect(200).json();
    let guess = json!({ "to": "+16175550188", "code": "246813", "requestId": sent["requestId"], "session": true,
        "applicationId": app.application() });
    let session = app.client.post("/v1/otp/verify", guess).await.expect(200).json();
    let session = session["sessionToken"].as_str().expect("a token").to_owned();
    assert_eq!(fails(&session, &published["keys"], &json!({ "issuer": issuer })), "no verification receipt");
    let keys: JwkSet = serde_json::from_value(published).expect("keys");
    let as_session = |token: &str| {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_audience(&[app.application()]);
        decode::<Value>(token, &DecodingKey::from_jwk(&keys.keys[0]).expect("a key"), &validation)
    };
    as_session(&session).expect("a session token is one");
    assert!(as_session(receipt).is_err() && as_session(plain["receipt"].as_str().expect("a receipt")).is_err());
    // It can be had again when the record is gone.
    command(&app.redis.url(), &[b"FLUSHALL"]);
    let later = app.client.send(app.client.request("POST", &path)).await.expect(200).json();
    let later = check(later["receipt"].as_str().expect("a receipt"), &json!([later["key"]]), &json!({ "issuer": issuer }));
    let later = later.expect("a good receipt");
    assert_eq!((&later["sub"], &later["verified_at"]), (&claims["sub"], &claims["verified_at"]));
}

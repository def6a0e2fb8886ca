//! FCM and its token server, by their documented answers.

use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

use pinfold_channels::{Connectors, Outcome, Outgoing};
use pinfold_core::channel::Channel;
use pinfold_core::connection::Connection;
use pinfold_core::push::{FcmToken, PushAddress};
use pinfold_core::recipient::Recipient;
use pinfold_testkit::{Answer, HttpPeer, Received};
use serde_json::{Value, json};

use crate::{accepted, connection, connectors_of_today, deliver, permanent, temporary};

/// A service account's key.
pub(crate) static KEY: LazyLock<String> = LazyLock::new(|| {
    let output = Command::new("openssl").args(["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]).output();
    String::from_utf8(output.expect("openssl is installed").stdout).expect("PEM")
});

fn fcm(tokens: &HttpPeer, messages: &HttpPeer) -> Connection {
    connection(json!({
        "kind": "fcm", "project_id": "my-project", "client_email": "push@my-project.iam.gserviceaccount.com",
        "private_key": *KEY, "token_uri": format!("{}/token", tokens.url()), "base_url": messages.url(),
    }))
}

pub(crate) async fn push(connectors: &Connectors, connection: &Connection) -> Outcome {
    let to = Recipient::Push(PushAddress::Fcm(FcmToken::parse("device:token-1").expect("a token")));
    let mut message = Outgoing::new("R1", Channel::Push, &to, "Your PIN is 495021");
    message.subject = Some("Your code");
    deliver(connectors, connection, &message).await
}

fn granted(token: &str) -> Answer {
    Answer::ok().json(json!({"access_token": token, "expires_in": 3599, "token_type": "Bearer"}).to_string())
}

/// An error as FCM documents it.
fn refused(status: u16, name: &str, code: Option<&str>) -> Answer {
    let details: Vec<Value> = code
        .map(|code| json!({"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code}))
        .into_iter()
        .collect();
    let body = json!({"error": {"code": status, "message": "to device:token-1", "status": name, "details": details}});
    Answer::status(status).json(body.to_string())
}

fn body(request: &Received) -> Value {
    serde_json::from_slice(&request.body).expect("JSON")
}

#[tokio::test]
async fn a_message_goes_out_with_a_token_that_is_kept() {
    let (tokens, messages) = (HttpPeer::start(), HttpPeer::start());
    tokens.answer(granted("access-1"));
    messages.answer(Answer::ok().json(r#"{"name":"projects/my-project/messages/0:1500415314455276%31bd1c9631bd1c96"}"#));
    let (connectors, connection) = (connectors_of_today(), fcm(&tokens, &messages));
    for _ in 0..3 {
        assert_eq!(push(&connectors, &connection).await, accepted("0:1500415314455276%31bd1c9631bd1c96"));
    }
    let asked = tokens.received();
    assert_eq!(asked.len(), 1, "the token is kept");
    let form: Vec<(String, String)> = url::form_urlencoded::parse(&asked[0].body).into_owned().collect();
    assert_eq!(form[0], ("grant_type".into(), "urn:ietf:params:oauth:grant-type:jwt-bearer".into()));
    assert_eq!((form.len(), form[1].0.as_str(), form[1].1.split('.').count()), (2, "assertion", 3));
    assert_signed(&form[1].1, &format!("{}/token", tokens.url()));

    let sent = messages.received();
    assert_eq!(sent[0].path, "/v1/projects/my-project/messages:send");
    assert_eq!(sent[0].header("authorization"), Some("Bearer access-1"));
    let message = &body(&sent[0])["message"];
    assert_eq!(message["token"], "device:token-1");
    assert_eq!(message["notification"], json!({"title": "Your code", "body": "Your PIN is 495021"}));
    assert_eq!((&message["android"]["priority"], &message["android"]["ttl"]), (&json!("HIGH"), &json!("300s")));
    assert_eq!(message["apns"]["headers"]["apns-priority"], "10");
}

/// Checks an assertion with Node's own cryptography.
fn assert_signed(assertion: &str, audience: &str) {
    let script = r#"
        const [assertion, key, audience] = process.argv.slice(1);
        const [head, claims, signature] = assertion.split(".");
        const decode = (text) => JSON.parse(Buffer.from(text, "base64url"));
        const isSigned = require("node:crypto").verify("RSA-SHA256", Buffer.from(`${head}.${claims}`),
            require("node:crypto").createPublicKey(key), Buffer.from(signature, "base64url"));
        const said = decode(claims), left = said.exp - Date.now() / 1000;
        const isRight = decode(head).alg === "RS256" && said.aud === audience && left > 0 && left <= 3600
            && said.iss === "push@my-project.iam.gserviceaccount.com"
            && said.scope === "https://www.googleapis.com/auth/firebase.messaging";
        process.exit(isSigned && isRight ? 0 : 1);
    "#;
    let status = Command::new("node").args(["-e", script, assertion, &KEY, audience]).status();
    assert!(status.expect("node is installed").success(), "{assertion}");
}

#[tokio::test]
async fn the_documented_answers_decide() {
    let (tokens, messages) = (HttpPeer::start(), HttpPeer::start());
    tokens.answer(granted("access-1"));
    let (connectors, connection) = (connectors_of_today(), fcm(&tokens, &messages));
    let later =
        |seconds| Outcome::Temporary { reason: "fcm_quota_exceeded".into(), retry_after: Some(Duration::from_secs(seconds)) };
    for (answer, outcome) in [
        (refused(404, "NOT_FOUND", Some("UNREGISTERED")), permanent("subscription_gone")),
        (refused(400, "INVALID_ARGUMENT", Some("INVALID_ARGUMENT")), permanent("fcm_invalid_argument")),
        (refused(403, "PERMISSION_DENIED", Some("SENDER_ID_MISMATCH")), permanent("recipient_foreign")),
        (refused(403, "PERMISSION_DENIED", None), permanent("credentials_refused")),
        (refused(404, "NOT_FOUND", None), permanent("project_unknown")),
        (refused(429, "RESOURCE_EXHAUSTED", Some("QUOTA_EXCEEDED")), later(60)),
        (refused(429, "RESOURCE_EXHAUSTED", Some("QUOTA_EXCEEDED")).retry_after(7), later(7)),
        (refused(503, "UNAVAILABLE", Some("UNAVAILABLE")), temporary("http_503")),
        (refused(500, "INTERNAL", Some("INTERNAL")), temporary("http_500")),
        (Answer::status(502).body("<html>"), temporary("http_502")),
    ] {
        messages.answer(answer);
        assert_eq!(push(&connectors, &connection).await, outcome);
    }
    messages.answer(Answer::reset());
    assert_eq!(push(&connectors, &connection).await.name(), "unknown");
    assert_eq!(tokens.received().len(), 1);
}

#[tokio::test]
async fn a_token_that_was_taken_back_is_replaced_once() {
    let (tokens, messages) = (HttpPeer::start(), HttpPeer::start());
    let (connectors, connection) = (connectors_of_today(), fcm(&tokens, &messages));
    tokens.answer_once(granted("access-1"));
    tokens.answer(granted("access-2"));
    messages.answer_once(refused(401, "UNAUTHENTICATED", None));
    messages.answer_once(Answer::ok().json(r#"{"name":"projects/my-project/messages/7"}"#));
    messages.answer(refused(401, "UNAUTHENTICATED", None));
    assert_eq!(push(&connectors, &connection).await, accepted("7"));
    let used: Vec<_> = messages.received().iter().map(|request| request.header("authorization").map(str::to_owned)).collect();
    assert_eq!(used, [Some("Bearer access-1".into()), Some("Bearer access-2".into())]);
    assert_eq!(push(&connectors, &connection).await, permanent("credentials_refused"));
}

#[tokio::test]
async fn without_a_token_nothing_is_sent() {
    let (tokens, messages) = (HttpPeer::start(), HttpPeer::start());
    let (connectors, connection) = (connectors_of_today(), fcm(&tokens, &messages));
    for (answer, outcome) in [
        (Answer::status(400).json(r#"{"error":"invalid_grant"}"#), permanent("credentials_refused")),
        (Answer::status(503), temporary("http_503")),
        (Answer::ok().body("<html>"), temporary("invalid_json")),
        (Answer::ok().json(r#"{"expires_in":3599}"#), temporary("invalid_answer")),
        (Answer::reset(), temporary("connection_lost")),
        (Answer::silence(), temporary("timeout")),
    ] {
        tokens.answer(answer);
        assert_eq!(push(&connectors, &connection).await, outcome);
    }
    assert!(messages.received().is_empty());
}

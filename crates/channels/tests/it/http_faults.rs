//! Whatever a provider does, an attempt ends in time and with the right outcome.

use std::time::Duration;

use pinfold_channels::{Connectors, Outcome, Settings};
use pinfold_testkit::{Answer, HttpPeer};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::{DEADLINE, accepted, connectors, get, http_connection, permanent, send_sms, temporary, unknown};

/// What an attempt comes to when the provider answers like this; `rule` looks for `"ok": true` in the body.
async fn outcome(answer: Answer, changes: Value) -> Outcome {
    let peer = HttpPeer::start();
    peer.answer(answer);
    let started = Instant::now();
    let outcome = send_sms(&connectors(), &http_connection(&peer.url(), changes), "495021").await;
    assert!(started.elapsed() < DEADLINE + Duration::from_secs(1), "{:?}", started.elapsed());
    assert_eq!(peer.received().len(), 1, "one attempt is one request");
    outcome
}

fn rule() -> Value {
    json!({"success": {"pointer": "/ok", "equals": true}, "id_pointer": "/id"})
}

#[tokio::test]
async fn statuses() {
    assert_eq!(outcome(Answer::status(500), json!({})).await, temporary("http_500"));
    assert_eq!(outcome(Answer::status(502).body("<html>"), rule()).await, temporary("http_502"));
    assert_eq!(outcome(Answer::status(400), json!({})).await, permanent("http_400"));
    assert_eq!(outcome(Answer::status(401).json(r#"{"ok":true}"#), rule()).await, permanent("http_401"));
    assert_eq!(
        outcome(Answer::status(429).retry_after(7), json!({})).await,
        Outcome::Temporary { reason: "http_429".into(), retry_after: Some(Duration::from_secs(7)) }
    );
    let date = Answer::status(503)
        .header("date", "Wed, 21 Oct 2026 07:28:00 GMT")
        .header("retry-after", "Wed, 21 Oct 2026 07:30:00 GMT");
    assert_eq!(
        outcome(date, json!({})).await,
        Outcome::Temporary { reason: "http_503".into(), retry_after: Some(Duration::from_secs(120)) }
    );
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let canary = HttpPeer::start();
    assert_eq!(outcome(Answer::redirect(&canary.url()), json!({})).await, permanent("redirect_refused"));
    let found = Answer::status(302).header("location", &canary.url());
    assert_eq!(outcome(found, json!({})).await, permanent("redirect_refused"));
    assert!(canary.received().is_empty());
}

#[tokio::test]
async fn a_success_with_an_error_inside_is_a_refusal() {
    assert_eq!(outcome(Answer::ok().json(r#"{"ok":true,"id":"A1"}"#), rule()).await, accepted("A1"));
    assert_eq!(outcome(Answer::ok().json(r#"{"ok":false,"id":"A1"}"#), rule()).await, permanent("provider_refused"));
    assert_eq!(outcome(Answer::ok().json(r#"{"error":"no"}"#), rule()).await, permanent("provider_refused"));
    assert_eq!(outcome(Answer::ok().json("{\"ok\":"), rule()).await, unknown("invalid_json"));
    assert_eq!(outcome(Answer::ok(), rule()).await, unknown("invalid_json"));
    assert_eq!(outcome(Answer::ok().json("{\"ok\":"), json!({})).await, Outcome::accepted(None));
}

#[tokio::test]
async fn a_body_without_end_is_not_read() {
    let hundred_megabytes = || Answer::ok().huge(100 * 1024 * 1024);
    assert_eq!(outcome(hundred_megabytes(), rule()).await, unknown("body_too_large"));
    assert_eq!(outcome(hundred_megabytes(), json!({"id_pointer": "/id"})).await, Outcome::accepted(None));
    assert_eq!(outcome(hundred_megabytes(), json!({})).await, Outcome::accepted(None));
    assert_eq!(outcome(Answer::status(500).huge(100 * 1024 * 1024), rule()).await, temporary("http_500"));
}

#[tokio::test]
async fn a_body_in_drops_ends_with_the_deadline() {
    let dripping = |status| Answer::status(status).dripping(r#"{"ok":true,"id":"A1"}"#, Duration::from_secs(1));
    assert_eq!(outcome(dripping(200), rule()).await, unknown("timeout"));
    assert_eq!(outcome(dripping(200), json!({})).await, Outcome::accepted(None));
    assert_eq!(outcome(dripping(429), rule()).await, temporary("http_429"));
}

#[tokio::test]
async fn a_lost_answer_is_unknown() {
    assert_eq!(outcome(Answer::reset(), json!({})).await, unknown("connection_lost"));
    assert_eq!(outcome(Answer::silence(), json!({})).await, unknown("timeout"));
    assert_eq!(outcome(Answer::ok().broken_off("{\"ok\":"), rule()).await, unknown("connection_lost"));
    assert_eq!(outcome(Answer::ok().broken_off("{\"ok\":"), json!({})).await, Outcome::accepted(None));
    assert_eq!(outcome(Answer::status(500).broken_off("{"), rule()).await, temporary("http_500"));
}

#[tokio::test]
async fn without_a_connection_nothing_was_sent() {
    let connectors = connectors();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    // Nobody accepts: the system completes the TCP connection, and the TLS handshake gets no answer.
    let https = http_connection(&format!("https://127.0.0.1:{port}/"), json!({}));
    assert_eq!(send_sms(&connectors, &https, "495021").await, temporary("connect_timeout"));
    drop(listener);
    let closed = http_connection(&format!("http://127.0.0.1:{port}/"), json!({}));
    assert_eq!(send_sms(&connectors, &closed, "495021").await, temporary("connect_refused"));
    let nowhere = http_connection("http://no-such-host.invalid/", json!({}));
    assert_eq!(send_sms(&connectors, &nowhere, "495021").await, temporary("dns_failed"));
    let peer = HttpPeer::start();
    let not_tls = http_connection(&peer.url().replace("http:", "https:"), json!({}));
    assert_eq!(send_sms(&connectors, &not_tls, "495021").await, temporary("tls_failed"));
}

#[tokio::test]
async fn private_addresses_are_refused_before_any_packet() {
    let connectors = Connectors::new(Settings { deadline: DEADLINE, ..Settings::default() });
    let peer = HttpPeer::start();
    for host in ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "[::1]", "0", "a.localhost"] {
        let url = peer.url().replace("http://127.0.0.1", &format!("https://{host}"));
        let refused = get(&connectors, &http_connection(&url, json!({}))).err().map(|error| error.to_string());
        assert_eq!(refused.as_deref(), Some("url must name a host on the public Internet"), "{host}");
    }
    let plain = get(&connectors, &http_connection("http://api.example.com/", json!({}))).err();
    assert_eq!(plain.map(|error| error.to_string()).as_deref(), Some("url must begin with https://"));
    assert!(peer.received().is_empty());
}

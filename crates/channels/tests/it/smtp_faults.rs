//! Whatever an SMTP server does, an attempt ends in time and says whether the mail may have arrived.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use pinfold_channels::{Connectors, Outcome, Settings};
use pinfold_testkit::SmtpPeer;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::scripted::{Reaction, Script, Scripted};
use crate::{DEADLINE, connectors, get, permanent, send_email, smtp_connection, temporary, unknown};

/// A polite server but for lines that begin with `word`.
fn except(word: &'static str, reaction: fn() -> Reaction) -> Script {
    let mut polite = Scripted::polite();
    Box::new(move |line| if line.split(' ').next() == Some(word) { reaction() } else { polite(line) })
}

async fn outcome(word: &'static str, reaction: fn() -> Reaction, changes: Value) -> Outcome {
    let peer = Scripted::start(move || except(word, reaction)).await;
    let started = Instant::now();
    let outcome = send_email(&connectors(), &smtp_connection(peer.port, changes), "495021").await;
    assert!(started.elapsed() < DEADLINE + Duration::from_secs(1), "{:?}", started.elapsed());
    outcome
}

#[tokio::test]
async fn before_the_content_nothing_was_delivered() {
    let plain = || json!({});
    assert_eq!(outcome("", || Reaction::Silence, plain()).await, temporary("connect_timeout"));
    assert_eq!(outcome("", || Reaction::Close, plain()).await, temporary("smtp_protocol"));
    assert_eq!(outcome("", || Reaction::Say("HTTP/1.1 400 Bad Request"), plain()).await, temporary("smtp_protocol"));
    assert_eq!(outcome("", || Reaction::Say("554 no"), plain()).await, permanent("smtp_554"));
    assert_eq!(outcome("EHLO", || Reaction::Say("421 busy"), plain()).await, temporary("smtp_421"));
    assert_eq!(outcome("MAIL", || Reaction::Silence, plain()).await, temporary("timeout"));
    assert_eq!(outcome("RCPT", || Reaction::Close, plain()).await.name(), "temporary");
    assert_eq!(outcome("DATA", || Reaction::Say("450 later"), plain()).await, temporary("smtp_450"));
}

#[tokio::test]
async fn after_the_content_only_the_servers_word_counts() {
    assert_eq!(outcome(".", || Reaction::Silence, json!({})).await, unknown("timeout"));
    assert_eq!(outcome(".", || Reaction::Close, json!({})).await.name(), "unknown");
    assert_eq!(outcome(".", || Reaction::Say("what?"), json!({})).await, unknown("smtp_protocol"));
    assert_eq!(outcome(".", || Reaction::Say("451 later"), json!({})).await, temporary("smtp_451"));
    assert_eq!(outcome(".", || Reaction::Say("552 too big"), json!({})).await, permanent("smtp_552"));
}

#[tokio::test]
async fn a_slow_server_may_have_taken_the_mail() {
    let mut peer = SmtpPeer::start();
    peer.delay(Duration::from_secs(8));
    tokio::time::sleep(Duration::from_millis(200)).await;
    let outcome = send_email(&connectors(), &smtp_connection(peer.port(), json!({})), "495021").await;
    assert_eq!(outcome, unknown("timeout"));
}

#[tokio::test]
async fn endless_talk_ends_the_conversation() {
    assert_eq!(outcome("", || Reaction::Babble, json!({})).await, temporary("connection_lost"));
    assert_eq!(outcome(".", || Reaction::Babble, json!({})).await, unknown("connection_lost"));
}

#[tokio::test]
async fn nothing_is_sent_in_the_clear_or_to_whom_it_may_not() {
    let starttls = json!({"security": "starttls", "username": "u", "password": "secret"});
    assert_eq!(outcome("AUTH", || Reaction::Close, starttls).await, temporary("starttls_missing"));
    let auth = json!({"username": "u", "password": "secret"});
    assert_eq!(outcome("AUTH", || Reaction::Close, auth).await, permanent("auth_missing"));

    let strict = Connectors::new(Settings { deadline: DEADLINE, ..Settings::default() });
    for (host, security) in [("127.0.0.1", "tls"), ("localhost", "tls"), ("[::1]", "starttls"), ("2130706433", "tls")] {
        let refused = get(&strict, &smtp_connection(4650, json!({"host": host, "security": security}))).err();
        let refused = refused.map(|error| error.to_string());
        assert_eq!(refused.as_deref(), Some("host must name a host on the public Internet"), "{host}");
    }
    let refused = get(&strict, &smtp_connection(4650, json!({"host": "smtp.example.com"}))).err();
    assert_eq!(refused.map(|error| error.to_string()).as_deref(), Some("security must be starttls or tls"));
}

#[tokio::test]
async fn without_a_connection_nothing_was_sent() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    // Nobody accepts: the system completes the TCP connection, and the TLS handshake gets no answer.
    let tls = smtp_connection(port, json!({"security": "tls"}));
    assert_eq!(send_email(&connectors(), &tls, "495021").await, temporary("connect_timeout"));
    drop(listener);
    let closed = smtp_connection(port, json!({}));
    assert_eq!(send_email(&connectors(), &closed, "495021").await, temporary("connect_refused"));
    let nowhere = smtp_connection(25, json!({"host": "no-such-host.invalid"}));
    assert_eq!(send_email(&connectors(), &nowhere, "495021").await, temporary("dns_failed"));
}

#[tokio::test]
async fn a_connection_that_died_while_idle_is_replaced() {
    for farewell in [|| Reaction::SayAndClose("421 idle for too long"), || Reaction::Close, || Reaction::Silence] {
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        // Every connection takes one mail.
        let peer = Scripted::start(move || {
            counted.fetch_add(1, Ordering::Relaxed);
            let (mut polite, mut mails) = (Scripted::polite(), 0);
            Box::new(move |line| {
                mails += usize::from(line.starts_with("MAIL"));
                if mails > 1 { farewell() } else { polite(line) }
            })
        })
        .await;
        let connectors = connectors();
        let connection = smtp_connection(peer.port, json!({}));
        for mail in 1..=3 {
            assert_eq!(send_email(&connectors, &connection, "495021").await.name(), "accepted");
            assert_eq!(connections.load(Ordering::Relaxed), mail);
        }
    }
}

#[tokio::test]
async fn a_refused_recipient_does_not_cost_the_connection() {
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    let peer = Scripted::start(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        except("RCPT", || Reaction::Say("550 unknown"))
    })
    .await;
    let connectors = connectors();
    let connection = smtp_connection(peer.port, json!({}));
    for _ in 0..3 {
        assert_eq!(send_email(&connectors, &connection, "495021").await, permanent("smtp_550"));
    }
    assert_eq!(connections.load(Ordering::Relaxed), 1);
}

//! What an SMSC may do wrong, and what that means for a message.

use std::time::Duration;

use pinfold_channels::Outcome;
use pinfold_testkit::{SmppEvent, SmppPeer};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::{DEADLINE, accepted, connectors, permanent, send_sms, smpp_connection, temporary, unknown};

const PATIENCE: Duration = Duration::from_secs(10);

/// The outcome without the time to wait, which depends on when it was asked.
fn without_wait(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Temporary { reason, .. } => Outcome::Temporary { reason, retry_after: None },
        other => other,
    }
}

#[tokio::test]
async fn wrong_credentials_are_told_at_once() {
    let peer = SmppPeer::start();
    let connectors = connectors();
    let wrong = smpp_connection(peer.port(), json!({"password": "wrong"}));
    assert_eq!(send_sms(&connectors, &wrong, "495021").await, permanent("bind_invalid_password"));
    // The account is left alone for a while, so that it is not locked; messages do not wait for that.
    assert_eq!(send_sms(&connectors, &wrong, "495021").await, permanent("bind_invalid_password"));
    let stranger = smpp_connection(peer.port(), json!({"system_id": "stranger"}));
    assert_eq!(send_sms(&connectors, &stranger, "495021").await, permanent("bind_invalid_system_id"));
    let binds = |event: &SmppEvent| matches!(event, SmppEvent::Bind { .. }).then_some(());
    assert_eq!(peer.wait_for(2, PATIENCE, binds).await.len(), 2);
}

#[tokio::test]
async fn nobody_there_is_temporary_and_says_when_to_come_back() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let connectors = connectors();
    let connection = smpp_connection(port, json!({}));
    for _ in 0..2 {
        let Outcome::Temporary { reason, retry_after } = send_sms(&connectors, &connection, "495021").await else {
            panic!("it may come back");
        };
        assert_eq!(reason, "connect_refused");
        assert!(retry_after.is_some_and(|wait| wait <= Duration::from_secs(1)), "{retry_after:?}");
    }
}

#[tokio::test]
async fn the_smscs_status_decides() {
    let mut peer = SmppPeer::start();
    let connectors = connectors();
    let connection = smpp_connection(peer.port(), json!({}));
    for (status, outcome) in [
        (0x0B, permanent("recipient_invalid")),
        (0x0A, permanent("sender_refused")),
        (0x45, permanent("smpp_045")),
        (0x08, temporary("smpp_system_error")),
        (0x14, temporary("smpp_queue_full")),
        (0x400, temporary("smpp_400")),
    ] {
        peer.order(json!({"status": status, "times": 1})).await;
        assert_eq!(without_wait(send_sms(&connectors, &connection, "495021").await), outcome, "{status:#x}");
    }
    assert_eq!(send_sms(&connectors, &connection, "495021").await, accepted("7"));
}

#[tokio::test]
async fn an_smsc_that_has_too_much_is_left_alone_for_a_while() {
    let mut peer = SmppPeer::start();
    let connectors = connectors();
    let connection = smpp_connection(peer.port(), json!({}));
    peer.order(json!({"status": 0x58, "times": 2})).await;
    let begin = Instant::now();
    for _ in 0..2 {
        let Outcome::Temporary { reason, retry_after } = send_sms(&connectors, &connection, "495021").await else {
            panic!("it passes");
        };
        assert_eq!((reason.as_ref(), retry_after.is_some()), ("smpp_throttled", true));
    }
    // The third waits out two pauses on the link, each longer than the one before.
    assert_eq!(send_sms(&connectors, &connection, "495021").await, accepted("3"));
    assert!(begin.elapsed() >= Duration::from_millis(250 + 500), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn a_later_part_that_is_refused_refuses_the_whole() {
    let mut peer = SmppPeer::start();
    let connectors = connectors();
    let connection = smpp_connection(peer.port(), json!({}));
    assert_eq!(send_sms(&connectors, &connection, "495021").await, accepted("1"));
    peer.order(json!({"status": 0x08, "times": 1})).await;
    let outcome = send_sms(&connectors, &connection, &"495021 ".repeat(60)).await;
    assert_eq!(outcome, temporary("smpp_system_error"));
    assert_eq!(peer.wait_for_messages(2, PATIENCE).await.len(), 2, "the other parts stay here");
}

#[tokio::test]
async fn a_silent_smsc_leaves_it_unknown_and_is_left() {
    let mut peer = SmppPeer::start();
    let connectors = connectors();
    let connection = smpp_connection(peer.port(), json!({"enquire_link_seconds": 1, "window": 1}));
    assert_eq!(send_sms(&connectors, &connection, "495021").await, accepted("1"));
    peer.order(json!({"silent": true})).await;
    // The first is in the window, so the second cannot leave: both end when the link is given up, or with their deadline.
    let (sent, waiting) = tokio::join!(send_sms(&connectors, &connection, "495021"), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        send_sms(&connectors, &connection, "495022").await
    });
    assert_eq!(sent.name(), "unknown", "{sent:?}");
    assert_eq!(waiting.name(), "temporary", "{waiting:?}");
    let closed = |event: &SmppEvent| matches!(event, SmppEvent::Close(_)).then_some(());
    peer.wait_for(1, PATIENCE, closed).await;
    peer.order(json!({"silent": false})).await;
    let begin = Instant::now();
    while send_sms(&connectors, &connection, "495023").await.name() != "accepted" {
        assert!(begin.elapsed() < PATIENCE, "it comes back");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn an_idle_link_is_asked_whether_it_lives() {
    let peer = SmppPeer::start();
    let connectors = connectors();
    send_sms(&connectors, &smpp_connection(peer.port(), json!({"enquire_link_seconds": 1})), "495021").await;
    let enquired = |event: &SmppEvent| matches!(event, SmppEvent::EnquireLink(_)).then_some(());
    peer.wait_for(2, PATIENCE, enquired).await;
    assert!(!peer.events().iter().any(|event| matches!(event, SmppEvent::Close(_))), "it answers, and stays");
}

#[tokio::test]
async fn garbage_ends_the_link_and_not_the_connector() {
    let mut peer = SmppPeer::start();
    let connectors = connectors();
    let connection = smpp_connection(peer.port(), json!({}));
    assert_eq!(send_sms(&connectors, &connection, "495021").await, accepted("1"));
    for garbage in ["ffffffff", "48545450 2f312e31 20343030 0d0a0d0a", "0000000f", "00000000000000000000000000000000"] {
        peer.order(json!({"delay": 500})).await;
        let (outcome, ()) = tokio::join!(send_sms(&connectors, &connection, "495021"), async {
            tokio::time::sleep(Duration::from_millis(150)).await;
            peer.order(json!({"garbage": garbage.replace(' ', ""), "delay": 0})).await;
        });
        assert_eq!(outcome, unknown("connection_lost"), "{garbage}");
        let begin = Instant::now();
        while send_sms(&connectors, &connection, "495021").await.name() != "accepted" {
            assert!(begin.elapsed() < PATIENCE, "it comes back");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test]
async fn a_command_that_makes_no_sense_is_answered_and_the_link_stays() {
    let mut peer = SmppPeer::start();
    let connectors = connectors();
    let connection = smpp_connection(peer.port(), json!({}));
    assert_eq!(send_sms(&connectors, &connection, "495021").await, accepted("1"));
    // A command that nobody knows, a deliver_sm of noise, an answer to nothing, and a receipt of noise.
    for garbage in [
        "00000014 00000777 00000000 00000009 deadbeef",
        "00000014 00000005 00000000 0000000a ffffffff",
        "00000010 80000004 00000000 7fffffff",
        "00000014 80000004 00000000 00000002 ffffffff",
    ] {
        peer.order(json!({"garbage": garbage.replace(' ', "")})).await;
    }
    assert_eq!(send_sms(&connectors, &connection, "495021").await, accepted("2"));
    let closed = peer.events().iter().any(|event| matches!(event, SmppEvent::Close(_)));
    assert!(!closed);
}

#[tokio::test]
async fn a_server_of_another_kind_is_no_smsc() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let connectors = connectors();
    let connection = smpp_connection(port, json!({}));
    let (outcome, ()) = tokio::join!(send_sms(&connectors, &connection, "495021"), async {
        let (mut stream, _) = listener.accept().await.expect("a client");
        let mut read = [0; 16];
        stream.read_exact(&mut read).await.expect("a bind");
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.expect("a client");
    });
    assert_eq!(without_wait(outcome), temporary("smpp_protocol"));
}

#[tokio::test]
async fn a_server_that_does_not_answer_a_bind_is_given_up() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let connectors = connectors();
    let connection = smpp_connection(port, json!({}));
    let begin = Instant::now();
    let outcome = send_sms(&connectors, &connection, "495021").await;
    assert_eq!(without_wait(outcome), temporary("bind_timeout"));
    assert!(begin.elapsed() < DEADLINE, "{:?}", begin.elapsed());
}

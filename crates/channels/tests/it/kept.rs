//! Connectors and the connections below them are used again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use pinfold_testkit::{Answer, HttpPeer};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::scripted::Scripted;
use crate::{accepted, connectors, get, http_connection, send_email, send_sms, smtp_connection};

#[tokio::test]
async fn a_connector_is_built_anew_only_when_its_settings_change() {
    let connectors = connectors();
    let connection = http_connection("http://127.0.0.1:9/", json!({}));
    let first = get(&connectors, &connection).expect("usable");
    assert!(Arc::ptr_eq(&first, &get(&connectors, &connection.clone()).expect("usable")));
    let shared = Arc::new(connection.clone());
    for _ in 0..2 {
        assert!(Arc::ptr_eq(&first, &connectors.get(&shared).expect("usable")));
    }
    let mut changed = http_connection("http://127.0.0.1:9/", json!({"headers": {"X-Key": "2"}}));
    changed.id = connection.id;
    let second = get(&connectors, &changed).expect("usable");
    assert!(!Arc::ptr_eq(&first, &second));
    assert!(Arc::ptr_eq(&second, &get(&connectors, &changed).expect("usable")));
}

#[tokio::test]
async fn a_changed_credential_is_used_at_once() {
    let peer = HttpPeer::start();
    peer.answer(Answer::ok());
    let connectors = connectors();
    let mut connection = http_connection(&peer.url(), json!({"headers": {"Authorization": "old"}}));
    send_sms(&connectors, &connection, "495021").await;
    connection.provider = http_connection(&peer.url(), json!({"headers": {"Authorization": "new"}})).provider;
    send_sms(&connectors, &connection, "495021").await;
    let seen: Vec<_> = peer.received().iter().map(|request| request.header("authorization").map(str::to_owned)).collect();
    assert_eq!(seen, [Some("old".into()), Some("new".into())]);
}

#[tokio::test]
async fn mails_share_a_connection() {
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    let peer = Scripted::start(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        Scripted::polite()
    })
    .await;
    let connectors = connectors();
    let connection = smtp_connection(peer.port, json!({}));
    for _ in 0..3 {
        assert_eq!(send_email(&connectors, &connection, "495021").await.name(), "accepted");
    }
    assert_eq!(connections.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn requests_share_a_connection() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    // Takes one connection and no other.
    let serving = async {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut request = [0; 4096];
        while stream.read(&mut request).await.is_ok_and(|read| read > 0) {
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{\"id\":\"1\"}";
            stream.write_all(answer).await.expect("the client reads");
        }
    };
    let sending = async {
        let connectors = connectors();
        let reading =
            http_connection(&url, json!({"method": "GET", "body": null, "query": {"t": "{{text}}"}, "id_pointer": "/id"}));
        for _ in 0..3 {
            assert_eq!(send_sms(&connectors, &reading, "495021").await, accepted("1"));
        }
    };
    tokio::select! {
        () = serving => panic!("the connection was closed"),
        () = sending => {}
    }
}

//! Push messages are opened by a browser's own means, and come from whom they say.

use std::time::Duration;

use pinfold_channels::{Connectors, Outcome, Outgoing, Settings};
use pinfold_core::channel::Channel;
use pinfold_core::connection::Connection;
use pinfold_core::push::{FcmToken, PushAddress, Subscription};
use pinfold_core::recipient::Recipient;
use pinfold_testkit::WebPushPeer;
use serde_json::{Value, json};

use crate::{connection, connectors_of_today, deliver, permanent};

/// RFC 8291's application server, and its public key.
const PRIVATE_KEY: &str = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw";
const PUBLIC_KEY: &str = "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8";

fn web_push() -> Connection {
    connection(json!({"kind": "web_push", "subject": "mailto:ops@example.com", "private_key": PRIVATE_KEY}))
}

pub(crate) fn subscription(peer: &WebPushPeer, path: &str) -> Recipient {
    subscription_at(&format!("{}{path}", peer.url()), peer)
}

fn subscription_at(endpoint: &str, peer: &WebPushPeer) -> Recipient {
    let subscription = Subscription::parse(endpoint, peer.p256dh(), peer.auth()).expect("a subscription");
    Recipient::Push(PushAddress::Web(subscription))
}

pub(crate) async fn push(connectors: &Connectors, to: &Recipient, text: &str) -> Outcome {
    let mut message = Outgoing::new("R1", Channel::Push, to, text);
    message.subject = Some("Dein Code");
    deliver(connectors, &web_push(), &message).await
}

#[tokio::test]
async fn a_browser_opens_what_was_sent() {
    let peer = WebPushPeer::start();
    let connectors = connectors_of_today();
    let to = subscription(&peer, "/push/1?x=y");
    // The second is a retry of the first and replaces it.
    for _ in 0..2 {
        assert_eq!(push(&connectors, &to, "Dein Code ist 495021 🔑").await.name(), "accepted");
    }
    let messages = peer.messages(2).await;
    for message in &messages {
        assert_eq!(message.error, None);
        let shown: Value = serde_json::from_str(&message.text).expect("JSON");
        assert_eq!((&shown["title"], &shown["body"]), (&json!("Dein Code"), &json!("Dein Code ist 495021 🔑")));
        assert_eq!((message.path.as_str(), message.encoding.as_str()), ("/push/1?x=y", "aes128gcm"));
        assert_eq!((message.ttl.as_str(), message.urgency.as_deref()), ("300", Some("high")));
        assert_eq!(message.topic.as_ref().map(String::len), Some(32));
        assert_eq!((&shown["tag"], &message.topic), (&json!(messages[0].topic), &messages[0].topic));
        let sender = message.sender.as_ref().expect("a sender");
        assert!(sender.is_valid, "{sender:?}");
        assert_eq!((sender.key.as_str(), sender.subject.as_str()), (PUBLIC_KEY, "mailto:ops@example.com"));
    }
}

#[tokio::test]
async fn the_push_services_answer_decides() {
    let mut peer = WebPushPeer::start();
    let connectors = connectors_of_today();
    let to = subscription(&peer, "/1");
    for (status, retry_after, outcome) in [
        (404, None, permanent("subscription_gone")),
        (410, None, permanent("subscription_gone")),
        (400, None, permanent("http_400")),
        (401, None, permanent("credentials_refused")),
        (403, None, permanent("credentials_refused")),
        (413, None, permanent("message_too_long")),
        (307, None, permanent("redirect_refused")),
        (429, Some(7), Outcome::Temporary { reason: "http_429".into(), retry_after: Some(Duration::from_secs(7)) }),
        (503, None, Outcome::Temporary { reason: "http_503".into(), retry_after: None }),
    ] {
        peer.answer(status, retry_after).await;
        assert_eq!(push(&connectors, &to, "495021").await, outcome, "{status}");
    }
}

#[tokio::test]
async fn what_cannot_be_pushed_is_not_sent() {
    let peer = WebPushPeer::start();
    let connectors = connectors_of_today();
    let to = subscription(&peer, "/1");
    assert_eq!(push(&connectors, &to, &"x".repeat(4000)).await, permanent("message_too_long"));
    let app = Recipient::Push(PushAddress::Fcm(FcmToken::parse("token").expect("a token")));
    assert_eq!(push(&connectors, &app, "495021").await, permanent("wrong_channel"));
    let message = Outgoing::new("R1", Channel::Sms, &to, "495021");
    assert_eq!(deliver(&connectors, &web_push(), &message).await, permanent("wrong_channel"));
    assert!(peer.messages(0).await.is_empty());
}

#[tokio::test]
async fn no_subscription_leads_inside() {
    let peer = WebPushPeer::start();
    let strict = Connectors::new(Settings { deadline: crate::DEADLINE, ..Settings::default() });
    let port = peer.url().rsplit(':').next().unwrap_or_default();
    for endpoint in [
        format!("http://127.0.0.1:{port}/"),
        format!("https://127.0.0.1:{port}/"),
        format!("https://localhost:{port}/"),
        "https://169.254.169.254/latest/meta-data".into(),
        "https://user:pass@push.example.com/".into(),
        "https://[::1]/".into(),
        "https://".into(),
    ] {
        assert_eq!(push(&strict, &subscription_at(&endpoint, &peer), "495021").await, permanent("address_refused"), "{endpoint}");
    }
    assert!(peer.messages(0).await.is_empty());
}

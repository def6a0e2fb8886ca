//! A push service and the browser behind it, in a process of Node.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::node::NodePeer;

/// A message as the browser opened it.
#[derive(Clone, Debug, Deserialize)]
pub struct PushMessage {
    /// The path that the subscription's endpoint has.
    pub path: String,
    /// `Content-Encoding`.
    pub encoding: String,
    /// How many seconds it may wait.
    pub ttl: String,
    /// How urgent it is.
    pub urgency: Option<String>,
    /// What it replaces.
    pub topic: Option<String>,
    /// What it says.
    #[serde(default)]
    pub text: String,
    /// Who sent it.
    pub sender: Option<PushSender>,
    /// Why it could not be opened.
    pub error: Option<String>,
}

/// Who sent a message, by its signed token.
#[derive(Clone, Debug, Deserialize)]
pub struct PushSender {
    /// The public key.
    pub key: String,
    /// Whom to write to.
    pub subject: String,
    /// Whether the signature, the audience and the end of the token are right.
    pub is_valid: bool,
}

/// The push service; ends with the test.
#[derive(Debug)]
pub struct WebPushPeer {
    node: NodePeer,
    url: String,
    p256dh: String,
    auth: String,
    messages: watch::Receiver<Vec<PushMessage>>,
    ordered: watch::Receiver<usize>,
    orders: usize,
}

impl WebPushPeer {
    /// Starts on a free loopback port, with a browser of its own.
    pub fn start() -> Self {
        let (got, messages) = watch::channel(Vec::new());
        let (done, ordered) = watch::channel(0);
        let (node, first) = NodePeer::start("web_push_peer.cjs", &json!({}), move |line| {
            match serde_json::from_str(line) {
                Ok(message) => got.send_modify(|all: &mut Vec<PushMessage>| all.push(message)),
                Err(_) => done.send_modify(|count| *count += 1),
            };
        });
        let text = |name: &str| first[name].as_str().expect("the peer says its keys").to_owned();
        let url = format!("http://127.0.0.1:{}", first["port"]);
        Self { node, url, p256dh: text("p256dh"), auth: text("auth"), messages, ordered, orders: 0 }
    }

    /// Its base address; subscriptions are at any path below.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The browser's public key.
    pub fn p256dh(&self) -> &str {
        &self.p256dh
    }

    /// The browser's secret.
    pub fn auth(&self) -> &str {
        &self.auth
    }

    /// Changes its answer, with a `Retry-After` in seconds or without.
    pub async fn answer(&mut self, status: u16, retry_after: Option<u32>) {
        self.node.order(&json!({ "status": status, "retry_after": retry_after.map_or(Value::Null, Value::from) }));
        self.orders += 1;
        let wanted = self.orders;
        let done = self.ordered.wait_for(|count| *count >= wanted);
        tokio::time::timeout(Duration::from_secs(10), done).await.expect("in time").expect("the peer runs");
    }

    /// The messages so far: each is told before it is answered.
    pub async fn messages(&self, count: usize) -> Vec<PushMessage> {
        let mut messages = self.messages.clone();
        let wanted = messages.wait_for(|all| all.len() >= count);
        tokio::time::timeout(Duration::from_secs(10), wanted).await.expect("in time").expect("the peer runs").clone()
    }
}

//! An OpenID provider, in a process of Node.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;

use crate::node::NodePeer;

/// The provider; ends with the test.
#[derive(Debug)]
pub struct OpenIdPeer {
    node: NodePeer,
    issuer: String,
    ordered: watch::Receiver<usize>,
    orders: usize,
}

impl OpenIdPeer {
    /// Starts on a free loopback port under one of this machine's names, without a client.
    pub fn start(host: &str) -> Self {
        let (done, ordered) = watch::channel(0);
        let (node, first) =
            NodePeer::start("openid_peer.cjs", &json!({ "host": host }), move |_| done.send_modify(|count| *count += 1));
        let issuer = first["issuer"].as_str().expect("the peer says its issuer").to_owned();
        Self { node, issuer, ordered, orders: 0 }
    }

    /// What it calls itself.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Gives an order, as `peers/openid_peer.cjs` describes them, and waits until it holds.
    pub async fn order(&mut self, order: &Value) {
        self.node.order(order);
        self.orders += 1;
        let wanted = self.orders;
        let done = self.ordered.wait_for(|count| *count >= wanted);
        tokio::time::timeout(Duration::from_secs(10), done).await.expect("in time").expect("the peer runs");
    }
}

//! A real SMSC that keeps what it is given: node-smpp in a process of its own.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::certificate::Certificate;
use crate::node::NodePeer;

/// What the SMSC asks of its clients.
#[derive(Clone, Debug)]
pub struct SmppOptions {
    /// The account.
    pub system_id: String,
    /// Its password.
    pub password: String,
    /// TLS from the first byte, with a certificate for `localhost` and 127.0.0.1 that only its own file vouches for.
    pub tls: bool,
}

impl Default for SmppOptions {
    fn default() -> Self {
        Self { system_id: "pinfold".into(), password: "secret08".into(), tls: false }
    }
}

/// A party of a message.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct SmppAddress {
    /// Type of number.
    pub ton: u8,
    /// Numbering plan.
    pub npi: u8,
    /// The number or name.
    pub address: String,
}

/// A message as the SMSC took or refused it, read by node-smpp.
#[derive(Clone, Debug, Deserialize)]
pub struct Submitted {
    /// The id it gave it.
    pub id: String,
    /// The status it answered, 0 when it took it.
    pub status: u32,
    /// The sender.
    pub source: SmppAddress,
    /// The recipient.
    pub destination: SmppAddress,
    /// How the text is written.
    pub data_coding: u8,
    /// Its class.
    pub esm_class: u8,
    /// Whether a receipt is wanted.
    pub registered_delivery: u8,
    /// The service.
    pub service_type: String,
    /// How long it may be tried.
    pub validity_period: String,
    /// Whether the text came in `message_payload`.
    pub is_payload: bool,
    /// The text, decoded, without the user data header.
    pub text: String,
    /// The elements of the user data header.
    pub udh: Option<Vec<Vec<u8>>>,
}

/// Something that happened at the SMSC.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmppEvent {
    /// Somebody bound, or was refused.
    Bind {
        /// The account.
        system_id: String,
        /// Its kind.
        system_type: String,
        /// The version that the client speaks.
        version: u8,
        /// The answer.
        status: u32,
    },
    /// A message came.
    Submit(Box<Submitted>),
    /// A receipt, or another message to the client, was answered.
    Receipt {
        /// The message it was of.
        id: Option<String>,
        /// The answer.
        status: u32,
    },
    /// The client asked whether the link lives.
    EnquireLink(bool),
    /// The client took its leave.
    Unbind(bool),
    /// A connection ended.
    Close(bool),
    /// An order is carried out.
    Ordered(bool),
}

/// The SMSC; ends with the test.
#[derive(Debug)]
pub struct SmppPeer {
    node: NodePeer,
    port: u16,
    events: watch::Receiver<Vec<SmppEvent>>,
    certificate: Option<Certificate>,
    ordered: usize,
}

impl SmppPeer {
    /// Starts on a free loopback port.
    pub fn start() -> Self {
        Self::start_with(&SmppOptions::default())
    }

    /// Starts with demands.
    pub fn start_with(options: &SmppOptions) -> Self {
        let certificate = options.tls.then(Certificate::new);
        let file = |name| certificate.as_ref().map(|certificate| certificate.file(name));
        let options = json!({
            "system_id": options.system_id, "password": options.password,
            "certificate": file("certificate.pem"), "key": file("key.pem"),
        });
        let (happened, events) = watch::channel(Vec::new());
        let (node, first) = NodePeer::start("smpp_peer.cjs", &options, move |line| {
            let event = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
            happened.send_modify(|all: &mut Vec<SmppEvent>| all.push(event));
        });
        let port = first["port"].as_u64().and_then(|port| u16::try_from(port).ok()).expect("the SMSC says its port");
        Self { node, port, events, certificate, ordered: 0 }
    }

    /// The port it listens on, at 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The file (PEM) that vouches for the certificate, with TLS.
    pub fn certificate(&self) -> Option<PathBuf> {
        self.certificate.as_ref().map(|certificate| certificate.file("certificate.pem"))
    }

    /// Changes what it does; `peers/smpp_peer.cjs` says what there is. Returns when it is done.
    pub async fn order(&mut self, order: Value) {
        self.node.order(&order);
        self.ordered += 1;
        let is_ordered = |event: &SmppEvent| matches!(event, SmppEvent::Ordered(_)).then_some(());
        self.wait_for(self.ordered, Duration::from_secs(10), is_ordered).await;
    }

    /// What happened so far.
    pub fn events(&self) -> Vec<SmppEvent> {
        self.events.borrow().clone()
    }

    /// The messages so far, whether taken or refused.
    pub fn submitted(&self) -> Vec<Submitted> {
        self.events.borrow().iter().filter_map(submitted).collect()
    }

    /// Waits for so many messages, and returns all.
    pub async fn wait_for_messages(&self, count: usize, patience: Duration) -> Vec<Submitted> {
        let is_message = |event: &SmppEvent| matches!(event, SmppEvent::Submit(_)).then_some(());
        self.wait_for(count, patience, is_message).await;
        self.submitted()
    }

    /// Waits until so many events are chosen, and returns what was chosen of them; panics after `patience`.
    pub async fn wait_for<T>(&self, count: usize, patience: Duration, choose: impl Fn(&SmppEvent) -> Option<T>) -> Vec<T> {
        let mut events = self.events.clone();
        let chosen = |all: &Vec<SmppEvent>| all.iter().filter_map(&choose).count();
        let outcome = tokio::time::timeout(patience, events.wait_for(|all| chosen(all) >= count)).await;
        match outcome {
            Ok(all) => all.expect("the SMSC runs").iter().filter_map(&choose).collect(),
            Err(_) => panic!("{} of {count} happened within {patience:?}", chosen(&self.events.borrow())),
        }
    }
}

fn submitted(event: &SmppEvent) -> Option<Submitted> {
    match event {
        SmppEvent::Submit(message) => Some((**message).clone()),
        _ => None,
    }
}

//! Connectors against real peers.

mod callback;
mod contract;
mod eight_x_eight;
mod fcm;
mod fetch;
mod http;
mod http_faults;
mod infobip;
mod iprog;
mod kept;
mod scripted;
mod secrets;
mod simulator;
mod smpp;
mod smpp_faults;
mod smpp_load;
mod smstools;
mod smtp;
mod smtp_faults;
mod tls;
mod twilio;
mod vonage;
mod web_push;

use std::sync::Arc;
use std::time::Duration;

use pinfold_channels::{Connector, Connectors, InvalidConnection, Outcome, Outgoing, ReceivedReceipt, Settings};
use pinfold_core::channel::Channel;
use pinfold_core::connection::{Connection, Provider, Traffic};
use pinfold_core::id::ConnectionId;
use pinfold_core::recipient::Recipient;
use serde_json::{Value, json};
use tokio::sync::mpsc::{self, Receiver};

/// Short, so that a test of silence takes no time, and long enough for a busy machine.
const DEADLINE: Duration = Duration::from_millis(2500);

fn settings() -> Settings {
    Settings { deadline: DEADLINE, allow_private_addresses: true, clock: || contract::NOW_MS, ..Settings::default() }
}

fn connectors() -> Connectors {
    Connectors::new(settings())
}

/// With somebody who takes receipts.
fn connectors_with_receipts() -> (Connectors, Receiver<ReceivedReceipt>) {
    let (sink, received) = mpsc::channel(64);
    (Connectors::new(Settings { receipts: Some(sink), ..settings() }), received)
}

/// With the time of day, for peers that look at it.
#[expect(clippy::disallowed_methods, reason = "the peers are programs of others and have no other clock")]
fn connectors_of_today() -> Connectors {
    let clock = || {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("it is after 1970");
        u64::try_from(since.as_millis()).expect("it is before the year 500 million")
    };
    Connectors::new(Settings { clock, ..settings() })
}

fn connection(provider: Value) -> Connection {
    let provider: Provider = serde_json::from_value(provider).expect("a provider");
    Connection { id: ConnectionId::random(), name: "test".into(), is_enabled: true, provider, traffic: Traffic::default() }
}

/// An HTTP provider at `url`, changed in places.
fn http_connection(url: &str, changes: Value) -> Connection {
    let mut provider = json!({"kind": "http", "url": url, "body": {"json": {"to": "{{to}}", "text": "{{text}}"}}});
    let changes = changes.as_object().expect("an object").clone();
    provider.as_object_mut().expect("an object").extend(changes);
    connection(provider)
}

/// An SMSC on this machine, without TLS, changed in places.
fn smpp_connection(port: u16, changes: Value) -> Connection {
    let mut provider = json!({
        "kind": "smpp", "host": "127.0.0.1", "port": port, "security": "none", "system_id": "pinfold", "password": "secret08"
    });
    let changes = changes.as_object().expect("an object").clone();
    provider.as_object_mut().expect("an object").extend(changes);
    connection(provider)
}

/// An SMTP server on this machine without any protection, changed in places.
fn smtp_connection(port: u16, changes: Value) -> Connection {
    let mut provider = json!({
        "kind": "smtp", "host": "127.0.0.1", "port": port, "security": "none", "from": "Pinfold <no-reply@example.com>"
    });
    let changes = changes.as_object().expect("an object").clone();
    provider.as_object_mut().expect("an object").extend(changes);
    connection(provider)
}

/// The connector of a connection.
fn get(connectors: &Connectors, connection: &Connection) -> Result<Arc<dyn Connector>, InvalidConnection> {
    connectors.get(&Arc::new(connection.clone()))
}

async fn deliver(connectors: &Connectors, connection: &Connection, message: &Outgoing<'_>) -> Outcome {
    get(connectors, connection).expect("a usable connection").deliver(message).await
}

async fn send_sms(connectors: &Connectors, connection: &Connection, text: &str) -> Outcome {
    let to = Recipient::parse("41793026727").expect("a number");
    let mut message = Outgoing::new("R1", Channel::Sms, &to, text);
    message.from = Some("Bank");
    deliver(connectors, connection, &message).await
}

async fn send_email(connectors: &Connectors, connection: &Connection, text: &str) -> Outcome {
    let to = Recipient::parse("john.smith@example.com").expect("an address");
    let mut message = Outgoing::new("R1", Channel::Email, &to, text);
    message.subject = Some("Your PIN");
    deliver(connectors, connection, &message).await
}

fn accepted(id: &str) -> Outcome {
    Outcome::accepted(Some(id.into()))
}

fn temporary(reason: &'static str) -> Outcome {
    Outcome::Temporary { reason: reason.into(), retry_after: None }
}

fn permanent(reason: &'static str) -> Outcome {
    Outcome::Permanent { reason: reason.into() }
}

fn unknown(reason: &'static str) -> Outcome {
    Outcome::Unknown { reason: reason.into() }
}

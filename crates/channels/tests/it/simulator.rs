//! The simulated phone gets every channel's messages.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use pinfold_channels::{Connectors, Outcome, Outgoing, Settings, SimulatorEndpoint};
use pinfold_core::channel::Channel;
use pinfold_core::connection::Connection;
use pinfold_core::recipient::Recipient;
use pinfold_testkit::{Answer, HttpPeer};
use serde_json::json;

use crate::{DEADLINE, accepted, connection, deliver, get, permanent, send_sms, temporary, unknown};

/// Connectors that reach the simulator although private addresses are refused to tenants.
fn connectors(peer: &HttpPeer) -> Connectors {
    let requests = AtomicUsize::new(0);
    let token = Arc::new(move || format!("token-{}", requests.fetch_add(1, Ordering::Relaxed)));
    let url = format!("{}/simulator/", peer.url()).parse().expect("a URL");
    Connectors::new(Settings {
        deadline: DEADLINE,
        allow_private_addresses: false,
        simulator: Some(SimulatorEndpoint { url, token }),
        ..Settings::default()
    })
}

fn simulator() -> Connection {
    connection(json!({"kind": "simulator"}))
}

#[tokio::test]
async fn a_message_arrives_with_a_fresh_token() {
    let peer = HttpPeer::start();
    peer.answer(Answer::status(202).json(r#"{"id":"17"}"#));
    let connectors = connectors(&peer);
    assert_eq!(send_sms(&connectors, &simulator(), "Your PIN is 495021").await, accepted("17"));
    let to = Recipient::parse("john@example.com").expect("an address");
    let mut mail = Outgoing::new("R2", Channel::Email, &to, "Your PIN is 495022");
    mail.subject = Some("Your PIN");
    assert_eq!(deliver(&connectors, &simulator(), &mail).await, accepted("17"));

    let [sms, mail] = <[_; 2]>::try_from(peer.received()).expect("two requests");
    assert_eq!((sms.method.as_str(), sms.path.as_str()), ("POST", "/simulator/api/messages"));
    assert_eq!(sms.header("authorization"), Some("Bearer token-0"));
    assert_eq!(mail.header("authorization"), Some("Bearer token-1"));
    assert_eq!(
        sms.json(),
        json!({"reference": "R1", "channel": "sms", "from": "Bank", "to": "41793026727", "text": "Your PIN is 495021",
            "language": "en", "sent_by": "test"})
    );
    assert_eq!(
        mail.json(),
        json!({"reference": "R2", "channel": "email", "to": "john@example.com", "text": "Your PIN is 495022",
            "subject": "Your PIN", "language": "en", "sent_by": "test"})
    );
}

#[tokio::test]
async fn the_number_decides_what_happens() {
    let peer = HttpPeer::start();
    let connectors = connectors(&peer);
    for (answer, outcome) in [
        (Answer::ok(), Outcome::accepted(None)),
        (Answer::status(503), temporary("http_503")),
        (
            Answer::status(503).retry_after(2),
            Outcome::Temporary { reason: "http_503".into(), retry_after: Some(Duration::from_secs(2)) },
        ),
        (Answer::status(422), permanent("http_422")),
        (Answer::silence(), unknown("timeout")),
    ] {
        peer.answer(answer);
        assert_eq!(send_sms(&connectors, &simulator(), "495021").await, outcome);
    }
}

#[tokio::test]
async fn without_a_simulator_there_is_no_connection_to_it() {
    let refused = get(&crate::connectors(), &simulator()).err().map(|error| error.to_string());
    assert_eq!(refused.as_deref(), Some("there is no simulator here"));
}

//! What every vendor's connector must do, asked of each in the same words; and the pieces of their own tests.

use std::time::Duration;

use pinfold_channels::{Outcome, Outgoing, ReceiptRequest, Refused, check, receipts};
use pinfold_core::channel::Channel;
use pinfold_core::connection::Provider;
use pinfold_core::lookup::NumberFacts;
use pinfold_core::phone::Phone;
use pinfold_core::receipt::Receipt;
use pinfold_core::recipient::Recipient;
use pinfold_testkit::{Answer, HttpPeer, Received};
use serde_json::Value;

use crate::secrets::Log;
use crate::{connection, connectors, deliver, get, permanent, temporary, unknown};

/// A moment for signatures.
pub const NOW_MS: u64 = 1_763_720_000_000;

/// A vendor's settings for a peer at an address.
pub type Vendor = fn(&str) -> Value;

/// Sends one message; gives what it came to and the requests that the vendor got.
pub async fn send(vendor: Vendor, answer: Answer, message: &Outgoing<'_>) -> (Outcome, Vec<Received>) {
    let peer = HttpPeer::start();
    peer.answer(answer);
    let outcome = deliver(&connectors(), &connection(vendor(&peer.url())), message).await;
    (outcome, peer.received())
}

/// What one SMS or call comes to.
pub async fn outcome(vendor: Vendor, channel: Channel, answer: Answer) -> Outcome {
    send(vendor, answer, &message(channel, &number())).await.0
}

pub fn number() -> Recipient {
    Recipient::parse("41793026727").expect("a number")
}

/// A message with everything that vendors take.
pub fn message(channel: Channel, to: &Recipient) -> Outgoing<'_> {
    let mut message = Outgoing::new("R1", channel, to, "Your PIN is 495021 & <mind> it");
    message.from = Some("41790000000");
    message.expires_at_ms = NOW_MS + 299_500;
    message.receipt_url = Some("https://pin.example.com/receipts/s3cr3t?x=1");
    message
}

/// Looks the number up.
pub async fn look_up(vendor: Vendor, answer: Answer) -> (Result<NumberFacts, Outcome>, Vec<Received>) {
    let peer = HttpPeer::start();
    peer.answer(answer);
    let connector = get(&connectors(), &connection(vendor(&peer.url()))).expect("usable");
    let facts = connector.look_up(&Phone::parse("41793026727").expect("a number")).await;
    (facts, peer.received())
}

/// Asks what became of the message `M 1`.
pub async fn ask(vendor: Vendor, answer: Answer) -> (Result<Receipt, Outcome>, Vec<Received>) {
    let peer = HttpPeer::start();
    peer.answer(answer);
    let connector = get(&connectors(), &connection(vendor(&peer.url()))).expect("usable");
    (connector.ask("M 1").await, peer.received())
}

/// The receipts of a JSON request.
pub fn pushed(provider: &Value, headers: &[(&str, &str)], body: &str) -> Result<Vec<Receipt>, Refused> {
    let headers: Vec<_> = [("Content-Type", "application/json; charset=utf-8")].iter().chain(headers).copied().collect();
    requested(provider, "POST", "https://pin.example.com/receipts/s3cr3t", &headers, body)
}

/// The receipts of any request.
pub fn requested(
    provider: &Value,
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<Vec<Receipt>, Refused> {
    let provider: Provider = serde_json::from_value(provider.clone()).expect("a provider");
    receipts(&provider, &ReceiptRequest { method, url, headers, body: body.as_bytes(), now_ms: NOW_MS })
}

/// A receipt that is cut off, or spoilt anywhere, is read or refused, and nothing else happens.
pub fn spoilt(provider: &Value, body: &str) {
    assert!(pushed(provider, &[], body).is_ok_and(|receipts| !receipts.is_empty()), "{body}");
    for (end, _) in body.char_indices() {
        assert!(pushed(provider, &[], &body[..end]).is_err(), "{}", &body[..end]);
    }
    for (place, char) in body.char_indices() {
        for other in ["", "[", "{}", "null", "-1", "1e999", "\u{0}", "é"] {
            // Whatever it says, it ends here.
            let _ = pushed(provider, &[], &format!("{}{other}{}", &body[..place], &body[place + char.len_utf8()..]));
        }
    }
}

/// Faults of the exchange, and answers that no vendor gives.
pub async fn faults(vendor: Vendor, channel: Channel) {
    let come_to = |answer| outcome(vendor, channel, answer);
    assert_eq!(
        come_to(Answer::status(429).retry_after(7).body("slow down")).await,
        Outcome::Temporary { reason: "http_429".into(), retry_after: Some(Duration::from_secs(7)) }
    );
    assert_eq!(come_to(Answer::status(503).body("<html>")).await, temporary("http_503"));
    assert_eq!(come_to(Answer::status(500).json("{}")).await, temporary("http_500"));
    assert_eq!(come_to(Answer::status(401).body("no")).await, permanent("credentials_refused"));
    assert_eq!(come_to(Answer::status(403).json("{}")).await, permanent("credentials_refused"));
    assert_eq!(come_to(Answer::status(400).body("no")).await, permanent("http_400"));
    assert_eq!(come_to(Answer::ok().body("<html>")).await, unknown("invalid_json"));
    assert_eq!(come_to(Answer::ok().json("{\"messa")).await, unknown("invalid_json"));
    for answer in ["{}", "[]", "null", "7", r#"{"messages":[]}"#, r#"{"messages":{"a":1}}"#, r#"{"sid":{},"status":[]}"#] {
        assert_eq!(come_to(Answer::ok().json(answer)).await, unknown("invalid_answer"), "{answer}");
    }
    assert_eq!(come_to(Answer::ok().huge(100 * 1024 * 1024)).await, unknown("body_too_large"));
    assert_eq!(come_to(Answer::ok().broken_off("{\"m")).await, unknown("connection_lost"));
    assert_eq!(come_to(Answer::reset()).await, unknown("connection_lost"));
    let elsewhere = HttpPeer::start();
    assert_eq!(come_to(Answer::redirect(&elsewhere.url())).await, permanent("redirect_refused"));
    assert!(elsewhere.received().is_empty());
    // A refusal with a vendor's words about the person: none of them comes out.
    let told = come_to(Answer::status(422).json(r#"{"message":"number 41793026727 is bad","code":"495021"}"#)).await;
    assert!(!format!("{told:?}").contains("4179302"), "{told:?}");
    assert!(!format!("{told:?}").contains("495021"), "{told:?}");
}

/// Channels that it does not carry cost no request.
pub async fn other_channels(vendor: Vendor) {
    let provider: Provider = serde_json::from_value(vendor("http://127.0.0.1:9")).expect("a provider");
    let person = Recipient::parse("john@example.com").expect("an address");
    for channel in Channel::ALL.into_iter().filter(|channel| !provider.carries(*channel)) {
        let to = if channel == Channel::Email { &person } else { &number() };
        let (outcome, received) = send(vendor, Answer::ok(), &message(channel, to)).await;
        assert_eq!(outcome, permanent("wrong_channel"), "{channel}");
        assert!(received.is_empty());
    }
    let (outcome, _) = send(vendor, Answer::ok(), &message(Channel::Sms, &person)).await;
    assert_eq!(outcome, permanent("wrong_channel"));
}

/// No credential, PIN or number is shown, logged or told, and what is shown keeps everything. Credentials in the
/// settings all contain `s3cret`.
pub async fn secrets(vendor: Vendor, answers: &[&str]) {
    let peer = HttpPeer::start();
    let connection = connection(vendor(&peer.url()));
    let attempts = async {
        let connectors = connectors();
        let to = number();
        for answer in answers {
            peer.answer(Answer::ok().json((*answer).to_owned()));
            tracing::info!(outcome = ?deliver(&connectors, &connection, &message(Channel::Sms, &to)).await);
        }
        tracing::info!(?connection, "done");
    };
    let log = Log::of(attempts).await;
    assert!(log.contains("done"), "{log}");
    for secret in ["s3cret", "495021", "41793026727", "Basic ", "Bearer "] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
    let shown = connection.provider.clone().masked();
    assert!(!serde_json::to_string(&shown).expect("serialises").contains("s3cret"));
    let (restored, errors) = shown.clone().restored(Some(&connection.provider));
    assert!(errors.is_empty() && restored == connection.provider, "{errors:?}");
    let (_, errors) = shown.restored(None);
    assert!(!errors.is_empty(), "*** is no credential");
}

/// Settings that cannot be used are named; the vendor's own address can.
pub fn settings(usual: &Value, broken: &[(&str, Value)]) {
    let faults = |provider: &Value, is_lax| -> Vec<String> {
        let provider: Provider = serde_json::from_value(provider.clone()).expect("a provider");
        let errors = check(&provider, is_lax).err().unwrap_or_default();
        errors.into_iter().map(|error| error.field.into_owned()).collect()
    };
    assert_eq!(faults(usual, false), [""; 0]);
    let inside = ["http://api.example.com", "https://127.0.0.1", "https://api.example.com/?a=b", "https://u:p@example.com", "x"];
    let addresses = inside.iter().map(|address| ("base_url", Value::from(*address)));
    for (field, value) in addresses.chain(broken.iter().cloned()) {
        let mut provider = usual.clone();
        provider[field] = value;
        assert!(faults(&provider, false).contains(&field.to_owned()), "{field}: {}", provider[field]);
    }
}

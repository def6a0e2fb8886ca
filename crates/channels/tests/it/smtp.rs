//! Mails arrive at a real server as they were composed.

use std::time::Duration;

use pinfold_channels::{Outcome, Outgoing};
use pinfold_core::channel::Channel;
use pinfold_core::recipient::Recipient;
use pinfold_testkit::{SmtpOptions, SmtpPeer};
use serde_json::json;

use crate::{accepted, connectors, deliver, permanent, send_email, smtp_connection, temporary};

const PATIENCE: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_mail_arrives_with_both_parts() {
    let peer = SmtpPeer::start();
    let connectors = connectors();
    let connection = smtp_connection(peer.port(), json!({}));
    let to = Recipient::parse("John.Smith+a@example.com").expect("an address");
    let mut message = Outgoing::new("PIN1-1", Channel::Email, &to, "Dein Code für uns:\n.\n..495021\n");
    message.subject = Some("Dein Code – jetzt");
    message.html = Some("<p>Dein Code: <b>495021</b></p>");
    message.from = Some("\"Müller, Bank\" <codes@bank.example>");

    // The second is a retry of the first: the same mail to any server that knows the first.
    assert_eq!(deliver(&connectors, &connection, &message).await, accepted("PIN1-1@bank.example"));
    assert_eq!(deliver(&connectors, &connection, &message).await, accepted("PIN1-1@bank.example"));

    for mail in peer.wait_for(2, PATIENCE).await {
        let header = |name: &str| {
            let mut values = mail.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
            let value = values.next().map(|(_, value)| value.as_str());
            assert_eq!(values.count(), 0, "{name} comes once");
            value
        };
        assert_eq!(
            (mail.from.as_str(), mail.to.as_slice()),
            ("codes@bank.example", &["John.Smith+a@example.com".to_owned()][..])
        );
        assert_eq!(mail.subject.as_deref(), Some("Dein Code – jetzt"));
        assert_eq!(header("message-id"), Some("<PIN1-1@bank.example>"));
        assert_eq!(header("auto-submitted"), Some("auto-generated"));
        assert!(mail.headers.iter().any(|(_, value)| value == "\"Müller, Bank\" <codes@bank.example>"), "{:?}", mail.headers);
        assert_eq!(header("to"), Some("John.Smith+a@example.com"));
        assert!(header("date").is_some() && header("cc").is_none() && header("bcc").is_none());
        let text = mail.text.as_deref().map(|text| text.replace("\r\n", "\n"));
        assert_eq!(text.as_deref().map(str::trim_end), Some("Dein Code für uns:\n.\n..495021"));
        assert_eq!(mail.html.as_deref().map(str::trim_end), Some("<p>Dein Code: <b>495021</b></p>"));
        assert!(mail.raw.contains("multipart/alternative"));
    }
}

#[tokio::test]
async fn a_plain_mail_comes_from_the_connections_own_sender() {
    let peer = SmtpPeer::start();
    let outcome = send_email(&connectors(), &smtp_connection(peer.port(), json!({})), "Your PIN is 495021").await;
    assert_eq!(outcome, accepted("R1@example.com"));
    let mails = peer.wait_for(1, PATIENCE).await;
    assert_eq!(mails[0].from, "no-reply@example.com");
    assert_eq!(mails[0].text.as_deref().map(str::trim_end), Some("Your PIN is 495021"));
    assert_eq!(mails[0].html, None);
    assert!(mails[0].headers.contains(&("From".into(), "Pinfold <no-reply@example.com>".into())), "{:?}", mails[0].headers);
}

#[tokio::test]
async fn the_servers_answers_decide() {
    let mut peer = SmtpPeer::start();
    let connectors = connectors();
    let connection = smtp_connection(peer.port(), json!({}));
    peer.refuse_recipients(Some("550 5.1.1 No such user john.smith@example.com"));
    wait_until(&connectors, &connection, &permanent("smtp_550")).await;
    peer.refuse_recipients(Some("451 4.7.1 Greylisted"));
    wait_until(&connectors, &connection, &temporary("smtp_451")).await;
    peer.refuse_recipients(None);
    peer.refuse_mails(Some("554 5.7.1 Spam"));
    wait_until(&connectors, &connection, &permanent("smtp_554")).await;
    peer.refuse_mails(Some("452 4.3.1 Full"));
    wait_until(&connectors, &connection, &temporary("smtp_452")).await;
    assert!(peer.mails().is_empty());
    peer.refuse_mails(None);
    wait_until(&connectors, &connection, &accepted("R1@example.com")).await;
}

/// The peer takes its orders a moment after they are given.
async fn wait_until(
    connectors: &pinfold_channels::Connectors,
    connection: &pinfold_core::connection::Connection,
    expected: &Outcome,
) {
    let arrives = async {
        while send_email(connectors, connection, "495021").await != *expected {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, arrives).await.is_ok(), "never {expected:?}");
}

#[tokio::test]
async fn credentials_are_given_and_can_be_wrong() {
    let credentials = Some(("user".to_owned(), "pässword".to_owned()));
    let peer = SmtpPeer::start_with(SmtpOptions { credentials, ..SmtpOptions::default() });
    let connectors = connectors();
    let with = |password: &str| smtp_connection(peer.port(), json!({"username": "user", "password": password}));
    assert_eq!(send_email(&connectors, &with("pässword"), "495021").await, accepted("R1@example.com"));
    assert_eq!(send_email(&connectors, &with("wrong"), "495021").await, permanent("smtp_535"));
    assert_eq!(send_email(&connectors, &smtp_connection(peer.port(), json!({})), "495021").await, permanent("smtp_530"));
    let mails = peer.wait_for(1, PATIENCE).await;
    assert_eq!(mails[0].authenticated_as.as_deref(), Some("user"));
}

#[tokio::test]
async fn no_value_adds_a_recipient_or_a_header() {
    let peer = SmtpPeer::start();
    let connectors = connectors();
    let connection = smtp_connection(peer.port(), json!({}));
    let to = Recipient::parse("john@example.com").expect("an address");
    for (from, subject, outcome) in [
        (Some("a@example.com>\r\nRCPT TO:<x@y.example"), "PIN", permanent("invalid_sender")),
        (Some("a@example.com, x@y.example"), "PIN", permanent("invalid_sender")),
        (Some("Bank"), "PIN", permanent("invalid_sender")),
        (None, "PIN\r\nBcc: x@y.example", permanent("invalid_header")),
        (None, "PIN\nBcc: x@y.example", permanent("invalid_header")),
        (None, "PIN\0", permanent("invalid_header")),
    ] {
        let mut message = Outgoing::new("R1", Channel::Email, &to, "495021");
        message.from = from;
        message.subject = Some(subject);
        assert_eq!(deliver(&connectors, &connection, &message).await, outcome, "{from:?} {subject:?}");
    }
    let mut message = Outgoing::new("R1>\r\nBcc: x@y.example", Channel::Email, &to, "495021\r\n.\r\nMAIL FROM:<x@y.example>\r\n");
    message.subject = Some("=?utf-8?q?=0D=0ABcc:_x@y.example?=");
    assert_eq!(deliver(&connectors, &connection, &message).await.name(), "accepted");
    let mails = peer.wait_for(1, PATIENCE).await;
    assert_eq!((mails.len(), mails[0].to.as_slice()), (1, &["john@example.com".to_owned()][..]));
    assert!(!mails[0].headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("bcc")), "{:?}", mails[0].headers);
}

#[tokio::test]
async fn only_e_mail_goes_this_way() {
    let to = Recipient::parse("41793026727").expect("a number");
    let connection = smtp_connection(9, json!({}));
    for channel in [Channel::Sms, Channel::Voice, Channel::Email] {
        let outcome = deliver(&connectors(), &connection, &Outgoing::new("R1", channel, &to, "495021")).await;
        assert_eq!(outcome, permanent("wrong_channel"));
    }
}

//! The SMTP peer takes real mail, keeps it, and refuses as told.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use pinfold_testkit::{SmtpOptions, SmtpPeer};

/// Says the lines one after another and returns the last line of each answer.
fn converse(port: u16, lines: &[&str]) -> Vec<String> {
    let mut connection = TcpStream::connect(("127.0.0.1", port)).expect("the peer listens");
    connection.set_read_timeout(Some(Duration::from_secs(5))).expect("the timeout is valid");
    let mut answers = BufReader::new(connection.try_clone().expect("a socket can be shared")).lines().map_while(Result::ok);
    let mut last = || answers.find(|line| line.as_bytes().get(3) == Some(&b' ')).unwrap_or_default();
    let mut said = vec![last()];
    for line in lines {
        write!(connection, "{line}\r\n").expect("the peer reads");
        said.push(last());
    }
    said
}

const MAIL: &str = "Subject: =?utf-8?q?Ihre_PIN_f=C3=BCr_heute?=\r\nFrom: a@example.org\r\n\r\n123456 ist Ihre PIN\r\n.";

#[tokio::test]
async fn it_keeps_what_it_takes() {
    let peer = SmtpPeer::start();
    let steps = ["EHLO test", "MAIL FROM:<a@example.org>", "RCPT TO:<b@example.org>", "DATA", MAIL, "QUIT"];
    let said = converse(peer.port(), &steps);
    assert!(said[5].starts_with("250"), "{said:?}");
    let mails = peer.wait_for(1, Duration::from_secs(5)).await;
    assert_eq!((mails[0].from.as_str(), mails[0].to.as_slice()), ("a@example.org", &["b@example.org".to_owned()][..]));
    assert_eq!(mails[0].subject.as_deref(), Some("Ihre PIN für heute"));
    assert_eq!(mails[0].text.as_deref().map(str::trim_end), Some("123456 ist Ihre PIN"));
    assert!(!mails[0].over_tls);
}

#[test]
fn it_refuses_as_told() {
    let mut peer = SmtpPeer::start();
    peer.refuse_recipients(Some("450 Later"));
    let steps = ["EHLO test", "MAIL FROM:<a@example.org>", "RCPT TO:<b@example.org>"];
    let is_refused = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        converse(peer.port(), &steps)[3] == "450 Later"
    });
    assert!(is_refused);
    assert!(peer.mails().is_empty());
}

#[test]
fn it_can_demand_encryption_and_a_login() {
    let credentials = Some(("sender".to_owned(), "secret".to_owned()));
    let peer = SmtpPeer::start_with(SmtpOptions { credentials: credentials.clone(), starttls: true });
    assert!(peer.certificate().is_some_and(|file| file.exists()));
    let said = converse(peer.port(), &["EHLO test", "MAIL FROM:<a@example.org>", "STARTTLS"]);
    assert!(said[2].starts_with("530") && said[3].starts_with("220"), "{said:?}");

    let peer = SmtpPeer::start_with(SmtpOptions { credentials, starttls: false });
    // AUTH PLAIN of sender:wrong and sender:secret.
    let said = converse(peer.port(), &["EHLO test", "AUTH PLAIN AHNlbmRlcgB3cm9uZw==", "AUTH PLAIN AHNlbmRlcgBzZWNyZXQ="]);
    assert!(said[2].starts_with("535") && said[3].starts_with("235"), "{said:?}");
}

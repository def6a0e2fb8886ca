//! At the loudest log level, nothing of a message or a credential is logged.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use pinfold_testkit::{Answer, HttpPeer, SmppPeer, SmtpOptions, SmtpPeer, WebPushPeer};
use serde_json::json;
use tracing::Level;

use crate::{connection, connectors, fcm, http_connection, send_email, send_sms, smpp_connection, smtp_connection, web_push};

/// What was logged.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Follows `attempts` at the loudest level and gives what they logged.
    pub async fn of(attempts: impl Future<Output = ()>) -> String {
        let log = Self::default();
        let writer = log.clone();
        let subscriber =
            tracing_subscriber::fmt().with_max_level(Level::TRACE).with_ansi(false).with_writer(move || writer.clone()).finish();
        // What runs behind a link is no part of this future: the subscriber is the thread's.
        let listening = tracing::subscriber::set_default(subscriber);
        attempts.await;
        drop(listening);
        String::from_utf8_lossy(&log.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_secret_is_logged() {
    let http = HttpPeer::start();
    let smtp = SmtpPeer::start_with(SmtpOptions { credentials: Some(("user".into(), "s3cret".into())), starttls: false });
    let (mut smpp, push) = (SmppPeer::start(), WebPushPeer::start());
    let attempts = async {
        let connectors = connectors();
        let sms = http_connection(&http.url(), json!({"headers": {"X-Key": "s3cret"}, "query": {"t": "{{text}}"}}));
        let mail = smtp_connection(smtp.port(), json!({"username": "user", "password": "s3cret"}));
        assert_eq!(send_sms(&connectors, &sms, "PIN 495021").await.name(), "accepted");
        http.answer(Answer::status(400).body("no such number 41793026727"));
        tracing::info!(outcome = ?send_sms(&connectors, &sms, "PIN 495021").await);
        http.answer(Answer::reset());
        tracing::info!(outcome = ?send_sms(&connectors, &sms, "PIN 495021").await);
        assert_eq!(send_email(&connectors, &mail, "PIN 495021").await.name(), "accepted");
        let sms = smpp_connection(smpp.port(), json!({}));
        assert_eq!(send_sms(&connectors, &sms, "PIN 495021").await.name(), "accepted");
        smpp.order(json!({"garbage": "ffffffff"})).await;
        let app = connection(json!({"kind": "fcm", "project_id": "p", "client_email": "push@p.example.com",
            "private_key": *fcm::KEY, "token_uri": http.url(), "base_url": http.url()}));
        http.answer(Answer::ok().json(r#"{"access_token":"t0ken-1","expires_in":3599,"name":"1"}"#));
        assert_eq!(fcm::push(&connectors, &app).await.name(), "accepted");
        let browser = web_push::subscription(&push, "/s3cret-endpoint");
        assert_eq!(web_push::push(&connectors, &browser, "PIN 495021").await.name(), "accepted");
        tracing::info!(to = ?browser, ?connectors, "done");
    };
    let log = Log::of(attempts).await;
    assert!(log.contains("http_400") && log.contains("bound to an SMSC") && log.contains("done"), "{log}");
    // The last is the password as AUTH PLAIN writes it.
    for secret in
        ["495021", "41793026727", "john.smith", "secret08", "t0ken-1", "token-1", push.auth(), "s3cret", "AHVzZXIAczNjcmV0"]
    {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}

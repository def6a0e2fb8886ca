//! At the loudest log level, nothing of a message or a credential is logged.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use pinfold_testkit::{Answer, HttpPeer, SmtpOptions, SmtpPeer};
use serde_json::json;
use tracing::Level;
use tracing::instrument::WithSubscriber;

use crate::{connectors, http_connection, send_email, send_sms, smtp_connection};

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
        attempts.with_subscriber(subscriber).await;
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
        tracing::info!(?connectors, "done");
    };
    let log = Log::of(attempts).await;
    assert!(log.contains("http_400") && log.contains("done"), "{log}");
    // The last is the password as AUTH PLAIN writes it.
    for secret in ["495021", "41793026727", "john.smith", "s3cret", "AHVzZXIAczNjcmV0"] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}

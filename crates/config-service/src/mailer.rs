//! The platform's own mails: confirmation of an address, another password, an invitation, a warning. They wait in the system of record,
//! sealed, and leave behind the answer; one that does not leave is tried again for some hours. No log shows their text.

use std::sync::Arc;
use std::time::Duration;

use pinfold_channels::{Connectors, Outcome, Outgoing};
use pinfold_core::channel::Channel;
use pinfold_core::connection::{Connection, Provider, Smtp, SmtpSecurity, Traffic};
use pinfold_core::id::ConnectionId;
use pinfold_core::keys::MasterKey;
use pinfold_core::recipient::Recipient;
use pinfold_http::{Code, Problem, clock};
use pinfold_postgres::{Database, DueMail};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use url::Url;
use zeroize::Zeroizing;

use crate::store;

/// How long nobody looks when nobody is told of a new mail.
const LOOK: Duration = Duration::from_secs(5);
/// Seconds between two attempts at one mail; one attempt more than there are.
const LATER: [i64; 7] = [5, 30, 120, 600, 1_800, 3_600, 7_200];
/// How many are taken at once.
const BATCH: i64 = 10;

/// The platform's mail server.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailSettings {
    /// `smtp://user:password@host:587` with STARTTLS, `smtps://…` with TLS from the first byte, `smtp://host:25?security=none`.
    pub smtp_url: SecretString,
    /// The sender.
    pub from: String,
}

impl MailSettings {
    /// The mail server as a connection; none when none is set.
    ///
    /// # Errors
    /// What is wrong with the address.
    pub fn connection(&self) -> Result<Option<Connection>, &'static str> {
        const MUST: &str = "mail.smtp_url must be an address such as smtp://user:password@mail.example.com:587";
        let text = self.smtp_url.expose_secret();
        if text.is_empty() {
            return Ok(None);
        }
        let url = Url::parse(text).map_err(|_| MUST)?;
        let is_plain = url.query_pairs().any(|(name, value)| name == "security" && value == "none");
        let (security, port) = match url.scheme() {
            "smtps" => (SmtpSecurity::Tls, 465),
            "smtp" if is_plain => (SmtpSecurity::None, 25),
            "smtp" => (SmtpSecurity::Starttls, 587),
            _ => return Err(MUST),
        };
        if self.from.is_empty() {
            return Err("mail.from must be the sender, such as Pinfold <no-reply@example.com>");
        }
        let plain = |text: &str| {
            let bytes = percent_decoded(text);
            String::from_utf8(bytes).unwrap_or_default()
        };
        let smtp = Smtp {
            host: url.host_str().ok_or(MUST)?.to_owned(),
            port: url.port().unwrap_or(port),
            security,
            username: (!url.username().is_empty()).then(|| plain(url.username())),
            password: url.password().map(|password| plain(password).into()),
            from: self.from.clone(),
        };
        Ok(Some(of(Provider::Smtp(smtp))))
    }
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok()).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match hex.filter(|_| *first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    bytes
}

/// The simulated phone, for development: mails of the platform are read there.
#[must_use]
pub fn simulated_mail() -> Connection {
    of(Provider::Simulator {})
}

fn of(provider: Provider) -> Connection {
    let id = ConnectionId::from_bytes(*b"platform's mails");
    Connection { id, name: "Pinfold".to_owned(), is_enabled: true, provider, traffic: Traffic::default() }
}

/// Sends the platform's mails.
#[derive(Clone)]
pub struct Mailer {
    connectors: Arc<Connectors>,
    connection: Option<Arc<Connection>>,
    wake: Arc<Notify>,
}

/// A mail, as it waits.
#[derive(Serialize, Deserialize)]
struct Letter {
    to: String,
    subject: String,
    text: String,
}

/// A mail as the system of record takes it.
pub(crate) fn content(to: &str, (subject, text): (String, String)) -> Zeroizing<Vec<u8>> {
    let letter = Letter { to: to.to_owned(), subject, text };
    Zeroizing::new(serde_json::to_vec(&letter).expect("three texts serialise"))
}

impl Mailer {
    /// Over this connection; without one nothing can be sent. The connectors are the platform's: they may reach what a tenant's may not.
    #[must_use]
    pub fn new(connectors: Arc<Connectors>, connection: Option<Connection>) -> Self {
        Self { connectors, connection: connection.map(Arc::new), wake: Arc::default() }
    }

    /// Whether mails can be sent.
    ///
    /// # Errors
    /// 409 when they cannot.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        if self.connection.is_some() { Ok(()) } else { Err(Problem::new(Code::MailNotConfigured)) }
    }

    /// Queues a mail.
    ///
    /// # Errors
    /// When the system of record does not take it.
    pub(crate) async fn queue(
        &self,
        database: &Database,
        master: &MasterKey,
        to: &str,
        (subject, text): (String, String),
    ) -> Result<(), Problem> {
        let content = content(to, (subject, text));
        database.people().mails().push(&content, master).await.map_err(store::problem)?;
        self.wake();
        Ok(())
    }

    /// Has what waits sent at once.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Sends what waits, until `stop`.
    pub async fn run(self, database: Database, master: Arc<MasterKey>, stop: CancellationToken) {
        let Some(connection) = self.connection.clone() else { return stop.cancelled().await };
        loop {
            let sent = match database.people().mails().take(BATCH, &master).await {
                Ok(due) => {
                    let count = due.len();
                    for mail in due {
                        self.send(&database, &connection, mail).await;
                    }
                    count
                }
                Err(error) => {
                    tracing::debug!(%error, "mails cannot be looked for");
                    0
                }
            };
            if sent > 0 && !stop.is_cancelled() {
                continue;
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.wake.notified() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    async fn send(&self, database: &Database, connection: &Arc<Connection>, mail: DueMail) {
        let mails = database.people().mails();
        let letter: Option<Letter> = mail.content.as_deref().and_then(|content| serde_json::from_slice(content).ok());
        let prepared = letter.and_then(|letter| Some((Recipient::parse(&letter.to).ok()?, letter)));
        let outcome = match (&prepared, self.connectors.get(connection)) {
            (None, _) => Outcome::Permanent { reason: "unreadable".into() },
            (_, Err(_)) => Outcome::Permanent { reason: "invalid_connection".into() },
            (Some((to, letter)), Ok(connector)) => {
                let reference = format!("mail-{}", mail.id.simple());
                let mut message = Outgoing::new(&reference, Channel::Email, to, &letter.text);
                message.subject = Some(&letter.subject);
                message.expires_at_ms = clock::now_ms() + 3_600_000;
                connector.deliver(&message).await
            }
        };
        let later = LATER.get(usize::from(mail.attempts.saturating_sub(1)));
        let kept = match (&outcome, later) {
            (Outcome::Temporary { .. }, Some(seconds)) => mails.later(mail.id, *seconds).await,
            (Outcome::Unknown { .. }, Some(seconds)) => mails.later(mail.id, *seconds).await,
            _ => mails.done(mail.id).await,
        };
        match &outcome {
            Outcome::Accepted { .. } => tracing::debug!(mail.id = %mail.id, "a mail left"),
            Outcome::Temporary { reason, .. } | Outcome::Permanent { reason } | Outcome::Unknown { reason } => {
                tracing::warn!(mail.id = %mail.id, %reason, attempts = mail.attempts, "a mail did not leave");
            }
        }
        if let Err(error) = kept {
            tracing::warn!(mail.id = %mail.id, %error, "a mail cannot be settled; it may come twice");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(url: &str, from: &str) -> Result<Option<Smtp>, &'static str> {
        let settings = MailSettings { smtp_url: url.to_owned().into(), from: from.to_owned() };
        settings.connection().map(|connection| {
            connection.map(|connection| match connection.provider {
                Provider::Smtp(smtp) => smtp,
                _ => panic!("a mail server"),
            })
        })
    }

    #[test]
    fn an_address_becomes_a_mail_server() {
        assert_eq!(connection("", ""), Ok(None));
        let smtp = connection("smtp://john%40example.com:a%2Fb@mail.example.com", "a@example.com").expect("fine").expect("one");
        assert_eq!((smtp.host.as_str(), smtp.port, smtp.security), ("mail.example.com", 587, SmtpSecurity::Starttls));
        assert_eq!(smtp.username.as_deref(), Some("john@example.com"));
        assert_eq!(smtp.password.map(|password| password.expose().to_owned()).as_deref(), Some("a/b"));
        let tls = connection("smtps://mail.example.com", "a@example.com").expect("fine").expect("one");
        assert_eq!((tls.port, tls.security), (465, SmtpSecurity::Tls));
        let plain = connection("smtp://127.0.0.1:2525?security=none", "a@example.com").expect("fine").expect("one");
        assert_eq!((plain.port, plain.security), (2525, SmtpSecurity::None));
        assert!(connection("http://mail.example.com", "a@example.com").is_err());
        assert!(connection("smtp://mail.example.com", "").is_err());
    }
}

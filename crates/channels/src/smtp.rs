//! E-mail through an SMTP server.
//!
//! Connections are kept for a while and used again. One that the server closed meanwhile shows it at the first
//! command of the next mail, when nothing is lost yet, and is replaced at once. What fails before the mail's content
//! leaves did not deliver; what fails after that, without the server's word, is unknown.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt, Rset};
use lettre::transport::smtp::extension::ClientId;
use pinfold_core::channel::Channel;
use pinfold_core::connection::{self, SmtpSecurity};
use pinfold_core::field::Checks;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};
use tracing::Dispatch;
use tracing::instrument::WithSubscriber;

use crate::address::Addresses;
use crate::connector::{Connector, InvalidConnection};
use crate::kinds::{Kind, Parts};
use crate::outcome::Outcome;
use crate::outgoing::Outgoing;

mod check;
mod failure;
mod mail;
mod wire;

use failure::{Failure, Stage};
use mail::Mail;
use mail::sender;
use wire::{Encrypted, Metered};

/// Servers commonly allow a client ten to twenty connections.
const CONNECTIONS: usize = 16;
/// Servers close what is idle for longer; many wait for minutes, few for less than this.
const IDLE: Duration = Duration::from_secs(30);
/// How much of a server's talk is read for one mail, TLS included.
const READ_LIMIT: usize = 64 * 1024;
/// How many of a name's addresses are tried.
const ADDRESSES: usize = 3;
const MECHANISMS: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];

/// An SMTP server with its open connections.
struct Smtp {
    host: String,
    port: u16,
    addresses: Addresses,
    security: Security,
    credentials: Option<Credentials>,
    from: Mailbox,
    hello: ClientId,
    deadline: Duration,
    turns: Semaphore,
    idle: Mutex<Vec<Idle>>,
}

enum Security {
    None,
    Starttls(TlsParameters),
    Tls(TlsParameters),
}

struct Idle {
    session: Session,
    since: Instant,
}

struct Session {
    connection: AsyncSmtpConnection,
    budget: Arc<AtomicUsize>,
}

impl Smtp {
    fn new(smtp: &connection::Smtp, addresses: Addresses, deadline: Duration) -> Result<Self, InvalidConnection> {
        let credentials = smtp.username.clone().zip(smtp.password.clone());
        // Brackets belong to the notation of an IPv6 address, not to the address.
        let host = smtp.host.trim_matches(['[', ']']);
        let tls = || TlsParameters::new(host.to_owned()).map_err(|_| InvalidConnection::new("TLS cannot be set up"));
        Ok(Self {
            host: host.to_owned(),
            port: smtp.port,
            addresses,
            security: match smtp.security {
                SmtpSecurity::None => Security::None,
                SmtpSecurity::Starttls => Security::Starttls(tls()?),
                SmtpSecurity::Tls => Security::Tls(tls()?),
            },
            credentials: credentials.map(|(username, password)| Credentials::new(username, password.expose().to_owned())),
            from: sender(&smtp.from).ok_or(InvalidConnection::new("from must be an e-mail address"))?,
            hello: ClientId::default(),
            deadline,
            turns: Semaphore::new(CONNECTIONS),
            idle: Mutex::default(),
        })
    }

    async fn send(&self, mail: &Mail, stage: &mut Stage) -> Result<(), Failure> {
        let _turn = self.turns.acquire().await.expect("the semaphore is never closed");
        *stage = Stage::Connecting;
        let from = || MailFrom::new(Some(mail.from.clone()), Vec::new());
        if let Some(mut session) = self.take() {
            session.budget.store(READ_LIMIT, Ordering::Relaxed);
            // A connection that died without a word must not eat the deadline of a new one.
            if let Ok(Ok(_)) = timeout(self.deadline / 4, session.connection.command(from())).await {
                return self.transfer(session, mail, stage).await;
            }
        }
        let mut session = self.connect().await?;
        *stage = Stage::Talking;
        session.connection.command(from()).await?;
        self.transfer(session, mail, stage).await
    }

    async fn transfer(&self, mut session: Session, mail: &Mail, stage: &mut Stage) -> Result<(), Failure> {
        *stage = Stage::Talking;
        if let Err(refusal) = session.connection.command(Rcpt::new(mail.to.clone(), Vec::new())).await {
            // A refused recipient says nothing of the next one.
            if refusal.status().is_some() && session.connection.command(Rset).await.is_ok() {
                self.keep(session);
            }
            return Err(refusal.into());
        }
        session.connection.command(Data).await?;
        *stage = Stage::Content;
        session.connection.message(&mail.content).await?;
        self.keep(session);
        Ok(())
    }

    async fn connect(&self) -> Result<Session, Failure> {
        let addresses = self.addresses.resolve(&self.host, self.port).await.map_err(Failure::Resolving)?;
        let mut failed = io::Error::from(io::ErrorKind::NotFound);
        for address in addresses.into_iter().take(ADDRESSES) {
            match timeout(self.deadline / 4, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return self.greet(stream).await,
                Ok(Err(error)) => failed = error,
                Err(_) => failed = io::ErrorKind::TimedOut.into(),
            }
        }
        Err(Failure::Connecting(failed))
    }

    async fn greet(&self, stream: TcpStream) -> Result<Session, Failure> {
        stream.set_nodelay(true).map_err(Failure::Connecting)?;
        let budget = Arc::new(AtomicUsize::new(READ_LIMIT));
        let stream = Box::new(Metered { stream, budget: Arc::clone(&budget) });
        let mut connection = match &self.security {
            Security::None => AsyncSmtpConnection::connect_with_transport(stream, &self.hello).await?,
            Security::Starttls(tls) => {
                let mut connection = AsyncSmtpConnection::connect_with_transport(stream, &self.hello).await?;
                if !connection.can_starttls() {
                    return Err(Failure::NoStarttls);
                }
                connection.starttls(tls.clone(), &self.hello).await?;
                connection
            }
            Security::Tls(tls) => {
                let stream = Encrypted::handshake(stream, tls.clone()).await?;
                AsyncSmtpConnection::connect_with_transport(Box::new(stream), &self.hello).await?
            }
        };
        if let Some(credentials) = &self.credentials {
            if connection.server_info().get_auth_mechanism(&MECHANISMS).is_none() {
                return Err(Failure::NoAuthentication);
            }
            connection.auth(&MECHANISMS, credentials).await?;
        }
        Ok(Session { connection, budget })
    }

    /// The connection used last that is still fresh.
    fn take(&self) -> Option<Session> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|idle| idle.since.elapsed() < IDLE);
        idle.pop().map(|idle| idle.session)
    }

    fn keep(&self, session: Session) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push(Idle { session, since: Instant::now() });
    }
}

impl Kind for connection::Smtp {
    fn check(&self, addresses: Addresses, checks: &mut Checks) {
        check::check_smtp(self, addresses, checks);
    }

    fn build(&self, parts: &Parts<'_>) -> Result<Arc<dyn Connector>, InvalidConnection> {
        Ok(Arc::new(Smtp::new(self, parts.addresses, parts.deadline)?))
    }
}

#[async_trait]
impl Connector for Smtp {
    async fn deliver(&self, message: &Outgoing<'_>) -> Outcome {
        if message.channel != Channel::Email {
            return Outcome::permanent("wrong_channel");
        }
        let mail = match mail::compose(message, &self.from) {
            Ok(mail) => mail,
            Err(reason) => return Outcome::permanent(reason),
        };
        let mut stage = Stage::Waiting;
        // The library can log whole conversations, mails and passwords with them: inside there is nobody to listen.
        let sent = timeout(self.deadline, self.send(&mail, &mut stage)).with_subscriber(Dispatch::none());
        match sent.await {
            Ok(Ok(())) => Outcome::accepted(Some(mail.id)),
            Ok(Err(failure)) => failure.outcome(stage),
            Err(_) => stage.timed_out(),
        }
    }
}

#[cfg(test)]
mod tests {
    use pinfold_core::recipient::Recipient;
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_name_that_leads_inside_gets_no_connection() {
        let canary = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let settings = connection::Smtp {
            host: "localhost".into(),
            port: canary.local_addr().expect("an address").port(),
            security: SmtpSecurity::None,
            username: None,
            password: None,
            from: "a@example.com".into(),
        };
        let addresses = Addresses { allow_private: false };
        let smtp = Smtp::new(&settings, addresses, Duration::from_secs(1)).expect("settings");
        let to = Recipient::parse("b@example.com").expect("an address");
        let outcome = smtp.deliver(&Outgoing::new("R1", Channel::Email, &to, "495021")).await;
        assert_eq!(outcome, Outcome::permanent("address_refused"));
        assert!(timeout(Duration::from_millis(50), canary.accept()).await.is_err(), "the canary was reached");
    }
}

//! What went wrong with an SMTP server, and what that means for the mail.

use std::io;

use lettre::transport::smtp;

use crate::address::Refused;
use crate::client::find;
use crate::outcome::Outcome;

/// How far a mail came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// For its turn.
    Waiting,
    /// Until a connection stands.
    Connecting,
    /// Sender and recipient are being agreed on.
    Talking,
    /// The content is leaving or has left.
    Content,
}

impl Stage {
    pub(super) fn timed_out(self) -> Outcome {
        match self {
            Self::Waiting => Outcome::temporary("busy"),
            Self::Connecting => Outcome::temporary("connect_timeout"),
            Self::Talking => Outcome::temporary("timeout"),
            Self::Content => Outcome::unknown("timeout"),
        }
    }
}

/// Why a mail was not accepted.
#[derive(Debug)]
pub(super) enum Failure {
    Resolving(io::Error),
    Connecting(io::Error),
    NoStarttls,
    NoAuthentication,
    Conversation(smtp::Error),
}

impl From<smtp::Error> for Failure {
    fn from(error: smtp::Error) -> Self {
        Self::Conversation(error)
    }
}

impl Failure {
    pub(super) fn outcome(&self, stage: Stage) -> Outcome {
        match self {
            Self::Resolving(error) if find::<Refused>(error).is_some() => Outcome::permanent("address_refused"),
            Self::Resolving(_) => Outcome::temporary("dns_failed"),
            Self::Connecting(error) => Outcome::temporary(match error.kind() {
                io::ErrorKind::ConnectionRefused => "connect_refused",
                io::ErrorKind::TimedOut => "connect_timeout",
                _ => "connect_failed",
            }),
            // Someone between may have taken it out of the server's answer: later there may be nobody.
            Self::NoStarttls => Outcome::temporary("starttls_missing"),
            Self::NoAuthentication => Outcome::permanent("auth_missing"),
            Self::Conversation(error) => conversation(error, stage),
        }
    }
}

fn conversation(error: &smtp::Error, stage: Stage) -> Outcome {
    if let Some(code) = error.status() {
        let reason = format!("smtp_{code}");
        return if error.is_permanent() { Outcome::permanent(reason) } else { Outcome::temporary(reason) };
    }
    if let Some(error) = find::<rustls::Error>(error) {
        tracing::debug!(%error, "no TLS with an SMTP server");
        return if stage == Stage::Content { Outcome::unknown("connection_lost") } else { Outcome::temporary("tls_failed") };
    }
    let reason = if error.is_response() && find::<io::Error>(error).is_none() { "smtp_protocol" } else { "connection_lost" };
    if stage == Stage::Content { Outcome::unknown(reason) } else { Outcome::temporary(reason) }
}

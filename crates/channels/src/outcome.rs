//! What one attempt came to. Reasons are short stable words that name a kind of failure; no provider's own text is
//! in them, because that may repeat a number or a code.

use std::borrow::Cow;
use std::time::Duration;

use pinfold_core::price::Price;

/// Why an attempt did not succeed, such as `connect_refused` or `http_503`.
pub type Reason = Cow<'static, str>;

/// What one attempt came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The provider took the message.
    Accepted {
        /// The provider's id of it.
        provider_id: Option<String>,
        /// What the provider charges, where its answer says so.
        price: Option<Price>,
    },
    /// The provider did not take the message, but may later.
    Temporary {
        /// Why.
        reason: Reason,
        /// How long the provider asks to wait.
        retry_after: Option<Duration>,
    },
    /// The provider will never take this message.
    Permanent {
        /// Why.
        reason: Reason,
    },
    /// The message left, and nobody said whether it was taken.
    Unknown {
        /// What cut the answer short.
        reason: Reason,
    },
}

/// Whose fault a failure is: what decides whether another connection is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The connection's: unreachable, broken, refused credentials, no money, a sender it does not take. Another one may
    /// do better.
    Connection,
    /// The recipient's: no other connection reaches this number or address either.
    Recipient,
    /// The message's: no other connection takes it either.
    Message,
    /// The provider refused without saying what; one other connection is tried, and not all of them.
    Unclear,
}

impl Fault {
    /// The fault's name in what is recorded.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Recipient => "recipient",
            Self::Message => "message",
            Self::Unclear => "unclear",
        }
    }
}

/// Reasons by which a refusal is the recipient's fault, the message's, or nobody knows whose. Words that begin with
/// `recipient_` and `message_` need no entry; every other word blames the connection.
const REFUSALS: [(&str, Fault); 15] = [
    ("http_400", Fault::Unclear),
    ("http_409", Fault::Unclear),
    ("http_410", Fault::Unclear),
    ("http_422", Fault::Unclear),
    ("provider_refused", Fault::Unclear),
    ("http_413", Fault::Message),
    ("invalid_header", Fault::Message),
    ("invalid_request", Fault::Message),
    ("smtp_550", Fault::Recipient),
    ("smtp_551", Fault::Recipient),
    ("smtp_553", Fault::Recipient),
    ("smtp_556", Fault::Recipient),
    ("smtp_552", Fault::Message),
    ("smtp_554", Fault::Unclear),
    ("wrong_channel", Fault::Message),
];

impl Outcome {
    /// Whose fault a failure is; none when the message was accepted.
    #[must_use]
    pub fn fault(&self) -> Option<Fault> {
        match self {
            Self::Accepted { .. } => None,
            Self::Temporary { .. } | Self::Unknown { .. } => Some(Fault::Connection),
            Self::Permanent { reason } => Some(match REFUSALS.iter().find(|(word, _)| word == reason) {
                Some((_, fault)) => *fault,
                None if reason.starts_with("recipient_") => Fault::Recipient,
                None if reason.starts_with("message_") => Fault::Message,
                None => Fault::Connection,
            }),
        }
    }

    /// The outcome's name in metrics.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::Temporary { .. } => "temporary",
            Self::Permanent { .. } => "permanent",
            Self::Unknown { .. } => "unknown",
        }
    }

    /// Why it is not accepted.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Accepted { .. } => None,
            Self::Temporary { reason, .. } | Self::Permanent { reason } | Self::Unknown { reason } => Some(reason),
        }
    }

    /// Taken, with the provider's id and without a price.
    #[must_use]
    pub fn accepted(provider_id: Option<String>) -> Self {
        Self::Accepted { provider_id, price: None }
    }

    pub(crate) fn temporary(reason: impl Into<Reason>) -> Self {
        Self::Temporary { reason: reason.into(), retry_after: None }
    }

    pub(crate) fn permanent(reason: impl Into<Reason>) -> Self {
        Self::Permanent { reason: reason.into() }
    }

    pub(crate) fn unknown(reason: impl Into<Reason>) -> Self {
        Self::Unknown { reason: reason.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_whose_fault_it_is() {
        let refused = |reason: &'static str| Outcome::permanent(reason).fault();
        for reason in ["http_401", "http_402", "http_403", "http_404", "redirect_refused", "address_refused", "smtp_535"] {
            assert_eq!(refused(reason), Some(Fault::Connection), "{reason}");
        }
        for reason in ["recipient_invalid", "recipient_blocked", "smtp_550"] {
            assert_eq!(refused(reason), Some(Fault::Recipient), "{reason}");
        }
        assert_eq!(refused("message_too_long"), Some(Fault::Message));
        assert_eq!(refused("http_400"), Some(Fault::Unclear));
        assert_eq!(Outcome::unknown("timeout").fault(), Some(Fault::Connection));
        assert_eq!(Outcome::accepted(None).fault(), None);
    }
}

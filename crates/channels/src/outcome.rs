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

impl Outcome {
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

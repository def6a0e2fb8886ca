//! Outcomes are values: a wrong PIN is not an error.

use crate::fallback::Skip;
use crate::id::PinId;

/// Where a PIN stands. Expiry is not stored: it is a matter of the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Waits to be verified.
    Waiting,
    /// Was verified.
    Verified,
    /// All its attempts were used.
    Exhausted,
    /// Was cancelled by the caller.
    Canceled,
}

impl Status {
    /// Every status, by its code in the record.
    const ALL: [Self; 4] = [Self::Waiting, Self::Verified, Self::Exhausted, Self::Canceled];

    /// The code in stored records.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The status of a stored code.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }
}

/// Why a PIN takes no more guesses and no more messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Terminal {
    /// Verified, and good for one use only.
    AlreadyVerified,
    /// Its attempts are used up.
    Exhausted,
    /// Cancelled by the caller.
    Canceled,
    /// Its life is over.
    Expired,
}

/// Why nothing was sent or judged, and when to come back; nothing was spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The number is locked after too many failures.
    Locked {
        /// Milliseconds until it is not.
        retry_ms: u64,
    },
    /// The number had its messages.
    NumberLimit {
        /// Milliseconds until the next may go.
        retry_ms: u64,
    },
    /// The recipient had its push messages.
    PushLimit {
        /// Milliseconds until the next may go.
        retry_ms: u64,
    },
    /// The application had its messages.
    ApplicationLimit {
        /// Milliseconds until the next may go.
        retry_ms: u64,
    },
    /// The tenant or the application had its messages, or spent its money, for today.
    DailyCap {
        /// Milliseconds until the day ends.
        retry_ms: u64,
    },
    /// The same for this month.
    MonthlyCap {
        /// Milliseconds until the month ends.
        retry_ms: u64,
    },
    /// Something that the caller named had its messages.
    CallerLimit {
        /// Milliseconds until the next may go.
        retry_ms: u64,
    },
    /// The fraud guard holds it up. When it may pass is not for whoever sends to know.
    Fraud,
    /// The number had its last message a moment ago, and the request wants a pause between two.
    TooSoon {
        /// Milliseconds until the pause is over.
        retry_ms: u64,
    },
    /// The number is checked too often (`verifyPinLimit`).
    Throttled {
        /// Milliseconds until the next check.
        retry_ms: u64,
    },
    /// More messages wait than the platform takes.
    Backlog,
    /// More messages of the tenant wait than it may have waiting.
    TenantBacklog,
}

/// What became of a send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendOutcome {
    /// Written and queued.
    Accepted {
        /// When, in milliseconds of Redis' clock.
        created_ms: u64,
        /// When the PIN dies.
        expires_ms: u64,
    },
    /// The same idempotency key and request were accepted before.
    Repeated {
        /// The PIN of the first request.
        pin: PinId,
        /// When it was accepted.
        created_ms: u64,
        /// When it dies.
        expires_ms: u64,
    },
    /// The idempotency key was used with another request.
    KeyReused,
    /// The number's latest PIN still waits, and the request wanted to join it: nothing was changed.
    Live {
        /// That PIN.
        pin: PinId,
        /// When it was accepted.
        created_ms: u64,
        /// When it dies.
        expires_ms: u64,
    },
    /// Refused.
    Refused(Refusal),
}

/// What a send by number does when the number's latest PIN for the same purpose still waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WhenLive {
    /// Takes its place as the number's latest PIN; the older one is still good under its own id.
    #[default]
    Replace,
    /// Changes nothing and says which PIN waits: [`SendOutcome::Live`].
    Join,
    /// Takes its place, and the older one is cancelled in the same step.
    Supersede,
}

/// What became of a resend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResendOutcome {
    /// Queued; the expiry is what it was.
    Accepted {
        /// Messages of this PIN so far.
        deliveries: u8,
        /// When the PIN dies.
        expires_ms: u64,
    },
    /// The same idempotency key and request were accepted before.
    Repeated,
    /// The idempotency key was used with another request.
    KeyReused,
    /// The PIN takes no more messages.
    Terminal(Terminal),
    /// Refused.
    Refused(Refusal),
    /// No such PIN.
    Unknown,
}

/// What became of a step of a fallback plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FallBackOutcome {
    /// Its message is queued; the expiry is what it was.
    Started {
        /// Messages of this PIN so far.
        deliveries: u8,
    },
    /// It has no message; the one after it is next.
    Skipped(Skip),
    /// The PIN went on since it was looked at.
    Moved,
    /// The same idempotency key and request were accepted before.
    Repeated,
    /// The idempotency key was used with another request.
    KeyReused,
    /// The PIN takes no more messages. One that was verified needs none either.
    Terminal(Terminal),
    /// Refused for now; the step stays next.
    Refused(Refusal),
    /// No such PIN.
    Unknown,
}

/// What a guess was worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Right.
    Verified {
        /// Guesses that are left.
        remaining: u8,
    },
    /// Wrong, and one guess less.
    Wrong {
        /// Guesses that are left.
        remaining: u8,
    },
    /// Not evaluated: the PIN takes no more guesses.
    Terminal(Terminal),
    /// Not evaluated, nothing spent.
    Refused(Refusal),
    /// Not evaluated, nothing spent: a character that no PIN of this kind has.
    Alien,
    /// No such PIN.
    Unknown,
}

/// What became of a cancellation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelOutcome {
    /// Cancelled now.
    Canceled,
    /// It was over before.
    Terminal(Terminal),
    /// No such PIN.
    Unknown,
}

//! An application's limits, the operator's ceilings over them, and the lock that follows too many failures.

use crate::field::{Checks, FieldError};
use crate::span::{DAY_MS, Rate, Span};
use crate::window::EXACT_EVENTS;

/// What an application allows for its PINs. Defaults are the safe ones of the design, not the vendor's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Checks allowed per PIN, over all its resends.
    pub pin_attempts: u8,
    /// Whether a PIN may be verified successfully more than once.
    pub allow_multiple_verifications: bool,
    /// How long a PIN lives.
    pub time_to_live: Span,
    /// Checks per number; a throttled check is not evaluated and costs nothing.
    pub verify: Rate,
    /// Messages per application.
    pub send_per_application: Rate,
    /// Messages per number.
    pub send_per_number: Rate,
    /// Failed checks of one number, over all its PINs, that lead to a lock.
    pub lock_after: Rate,
}

impl Default for Limits {
    fn default() -> Self {
        let rate = |text: &str| text.parse().expect("a literal rate");
        Self {
            pin_attempts: 5,
            allow_multiple_verifications: false,
            time_to_live: "5m".parse().expect("a literal span"),
            verify: rate("1/3s"),
            send_per_application: rate("10000/1d"),
            send_per_number: rate("3/1h"),
            lock_after: rate("10/1h"),
        }
    }
}

impl Limits {
    /// Messages per number. A test number has what its application has: tests send more than a person waits for.
    #[must_use]
    pub fn send_per_number_of(&self, is_test: bool) -> Rate {
        if is_test { self.send_per_application } else { self.send_per_number }
    }
}

/// Push messages to one recipient: who is asked again and again confirms at last to be left in peace. No application sets it.
#[must_use]
pub fn pushes() -> Rate {
    "3/10m".parse().expect("a literal rate")
}

/// What the operator lets tenants ask for at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ceilings {
    /// The longest life of a PIN, in milliseconds.
    pub time_to_live_ms: u64,
    /// The most checks per PIN.
    pub pin_attempts: u8,
    /// The longest PIN, in characters.
    pub pin_length: u8,
}

/// The shortest life of a PIN, in milliseconds: below, no message arrives in time.
pub const SHORTEST_LIFE_MS: u64 = 1_000;
/// What the settings allow a life to be at most, in milliseconds: no PIN that was accepted before can still be alive.
pub const LONGEST_LIFE_MS: u64 = DAY_MS;
/// The shortest PIN, in characters.
pub const SHORTEST_PIN: u8 = 4;

impl Default for Ceilings {
    fn default() -> Self {
        Self { time_to_live_ms: 15 * 60_000, pin_attempts: 10, pin_length: 10 }
    }
}

impl Ceilings {
    /// Checks an application's limits.
    ///
    /// # Errors
    /// Every field past its bound, named as in Infobip's `configuration`.
    pub fn check(&self, limits: &Limits) -> Result<(), Vec<FieldError>> {
        let mut checks = Checks::default();
        checks.require(
            (1..=self.pin_attempts).contains(&limits.pin_attempts),
            "configuration.pinAttempts",
            format!("must be between 1 and {}", self.pin_attempts),
        );
        if let Err(error) = self.check_life("configuration.pinTimeToLive", limits.time_to_live.millis()) {
            checks.push(error);
        }
        checks.require(limits.verify.window_ms() <= DAY_MS, "configuration.verifyPinLimit", "window must be at most 1d");
        checks.require(
            limits.lock_after.attempts() <= EXACT_EVENTS && limits.lock_after.window_ms() <= DAY_MS,
            "configuration.lockAfterFailures",
            format!("must be at most {EXACT_EVENTS} failures in a window of at most 1d"),
        );
        checks.finish()
    }

    /// Checks the life of a PIN given in `field`.
    ///
    /// # Errors
    /// The bound it breaks.
    pub fn check_life(&self, field: &'static str, millis: u64) -> Result<(), FieldError> {
        if (SHORTEST_LIFE_MS..=self.time_to_live_ms).contains(&millis) {
            return Ok(());
        }
        let longest = Span::from_millis(self.time_to_live_ms).map_or_else(|_| "0".into(), |span| span.to_string());
        Err(FieldError::new(field, format!("must be between 1s and {longest}")))
    }

    /// Checks the length of a PIN given in `field`.
    ///
    /// # Errors
    /// The bound it breaks.
    pub fn check_length(&self, field: &'static str, length: i64) -> Result<u8, FieldError> {
        u8::try_from(length)
            .ok()
            .filter(|length| (SHORTEST_PIN..=self.pin_length).contains(length))
            .ok_or_else(|| FieldError::new(field, format!("must be between {SHORTEST_PIN} and {}", self.pin_length)))
    }
}

/// How long a number is locked after too many failed checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lockout {
    /// How long the first, second, … lock lasts, in milliseconds; the last one repeats.
    pub locks_ms: [u64; 3],
    /// How long an ended lock is remembered, so that the next one is longer, in milliseconds.
    pub memory_ms: u64,
}

impl Default for Lockout {
    fn default() -> Self {
        Self { locks_ms: [15 * 60_000, 3_600_000, DAY_MS], memory_ms: DAY_MS }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_stay_below_the_ceilings() {
        assert_eq!(Ceilings::default().check(&Limits::default()), Ok(()));
    }

    #[test]
    fn a_ceiling_names_field_and_bound() {
        let limits = Limits { time_to_live: "16m".parse().expect("a span"), pin_attempts: 11, ..Limits::default() };
        let errors = Ceilings::default().check(&limits).expect_err("both are past the ceiling");
        assert_eq!(errors[0], FieldError::new("configuration.pinAttempts", "must be between 1 and 10"));
        assert_eq!(errors[1], FieldError::new("configuration.pinTimeToLive", "must be between 1s and 15m"));
    }
}

//! What follows an attempt: pure. At most so many tries, waits that grow with full jitter, a provider's `Retry-After`
//! obeyed, and never a try past the PIN's life.
//!
//! After an attempt of unknown outcome the person may have the message already. It is tried once more, with the same
//! PIN under the same reference, and only when it was the first: one message twice is better than none, three times is
//! not.

use std::time::Duration;

use pinfold_channels::Outcome;

use crate::Settings;

/// How much longer each wait may be than the one before.
const GROWTH: u32 = 4;

/// What follows an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing: the provider has the message.
    Done,
    /// Another attempt.
    Retry {
        /// When.
        after: Duration,
    },
    /// Nothing: it will not be sent.
    GiveUp,
}

/// Decides. `attempts` were made, this one included; `left` is what remains of the PIN's life; `fraction` is drawn from
/// `[0, 1)` when it is needed.
pub(crate) fn next(outcome: &Outcome, attempts: u8, left: Duration, settings: &Settings, fraction: impl FnOnce() -> f64) -> Next {
    let (least, most_attempts) = match outcome {
        Outcome::Accepted { .. } => return Next::Done,
        Outcome::Permanent { .. } => return Next::GiveUp,
        Outcome::Temporary { retry_after, .. } => (retry_after.unwrap_or_default(), settings.max_attempts),
        Outcome::Unknown { .. } => (Duration::ZERO, settings.max_attempts.min(2)),
    };
    if attempts >= most_attempts {
        return Next::GiveUp;
    }
    let longest_ms = settings.first_retry_ms.saturating_mul(u64::from(GROWTH.saturating_pow(u32::from(attempts) - 1)));
    let jitter = Duration::from_millis((longest_ms as f64 * fraction()) as u64);
    // Jitter comes on top of what the provider asks for, so that its whole crowd does not return in one moment.
    let after = least.saturating_add(jitter);
    if after < left { Next::Retry { after } } else { Next::GiveUp }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFE: Duration = Duration::from_secs(300);

    fn temporary(retry_after: Option<u64>) -> Outcome {
        Outcome::Temporary { reason: "http_503".into(), retry_after: retry_after.map(Duration::from_secs) }
    }

    fn after(outcome: &Outcome, attempts: u8, left: Duration, fraction: f64) -> Option<u64> {
        match next(outcome, attempts, left, &Settings::default(), || fraction) {
            Next::Retry { after } => Some(after.as_millis() as u64),
            Next::Done | Next::GiveUp => None,
        }
    }

    #[test]
    fn waits_grow_with_full_jitter_and_end_after_three_tries() {
        assert_eq!(after(&temporary(None), 1, LIFE, 0.0), Some(0));
        assert_eq!(after(&temporary(None), 1, LIFE, 0.999), Some(999));
        assert_eq!(after(&temporary(None), 2, LIFE, 0.5), Some(2_000));
        assert_eq!(next(&temporary(None), 3, LIFE, &Settings::default(), || 0.5), Next::GiveUp);
        assert_eq!(
            next(&temporary(None), u8::MAX, LIFE, &Settings { max_attempts: 255, ..Settings::default() }, || 0.5),
            Next::GiveUp
        );
    }

    #[test]
    fn retry_after_is_obeyed_within_the_life_of_the_pin() {
        assert_eq!(after(&temporary(Some(7)), 1, LIFE, 0.5), Some(7_500));
        assert_eq!(after(&temporary(Some(7)), 1, Duration::from_secs(7), 0.0), None);
        assert_eq!(after(&temporary(Some(u64::MAX)), 1, LIFE, 0.9), None);
    }

    #[test]
    fn no_try_is_planned_past_the_life_of_the_pin() {
        assert_eq!(after(&temporary(None), 2, Duration::from_millis(1_999), 0.5), None);
        assert_eq!(after(&temporary(None), 2, Duration::from_millis(2_001), 0.5), Some(2_000));
        assert_eq!(after(&temporary(None), 1, Duration::ZERO, 0.0), None);
    }

    #[test]
    fn an_unknown_outcome_is_repeated_once_and_only_when_it_came_first() {
        let unknown = Outcome::Unknown { reason: "timeout".into() };
        assert_eq!(after(&unknown, 1, LIFE, 0.5), Some(500));
        assert_eq!(after(&unknown, 2, LIFE, 0.5), None);
        // What was certainly not taken may be tried again after an unknown outcome.
        assert_eq!(after(&temporary(None), 2, LIFE, 0.5), Some(2_000));
    }

    #[test]
    fn acceptance_and_refusal_are_final() {
        let settings = Settings::default();
        assert_eq!(next(&Outcome::accepted(None), 1, LIFE, &settings, || 0.5), Next::Done);
        assert_eq!(next(&Outcome::Permanent { reason: "http_400".into() }, 1, LIFE, &settings, || 0.5), Next::GiveUp);
    }
}

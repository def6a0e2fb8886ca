//! What follows an attempt: pure. Another connection at once, where there is one; the same ones again after waits that grow
//! with full jitter. A provider's `Retry-After` is obeyed, and never a try planned past the PIN's life.
//!
//! A refusal that blames the recipient or the message is final; one that blames the connection leads to the next one; one
//! that blames nobody leads to one other connection and no further.
//!
//! After an attempt of unknown outcome the person may have the message already. It is tried once more, with the same
//! PIN under the same reference: one message twice is better than none, three times is not.

use std::time::Duration;

use pinfold_channels::{Fault, Outcome};

use crate::Settings;
use crate::choice::Other;

/// How much longer each wait may be than the one before.
const GROWTH: u32 = 4;

/// What follows an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing: the provider has the message.
    Done,
    /// Another attempt over another connection, at once.
    FailOver,
    /// Another attempt.
    Retry {
        /// When.
        after: Duration,
        /// Whether the connections that were tried may be tried again.
        begins_again: bool,
    },
    /// Nothing: it will not be sent.
    GiveUp,
}

/// What was tried before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tries {
    /// Attempts, this one included.
    pub(crate) attempts: u8,
    /// How many connections the route has.
    pub(crate) legs: usize,
    /// Whether another connection failed just before.
    pub(crate) is_fail_over: bool,
    /// Whether the outcome of an attempt before is unknown.
    pub(crate) is_uncertain: bool,
    /// What else there is.
    pub(crate) other: Other,
}

/// Decides. `left` is what remains of the PIN's life; `fraction` is random, and asked for when it is needed.
pub(crate) fn next(
    outcome: &Outcome,
    tries: &Tries,
    left: Duration,
    settings: &Settings,
    fraction: impl FnOnce() -> f64,
) -> Next {
    // Each further connection may have one attempt more; nobody gets more than that.
    let more = u8::try_from(tries.legs.saturating_sub(1)).unwrap_or(u8::MAX);
    if tries.attempts >= settings.max_attempts.saturating_add(more) && !matches!(outcome, Outcome::Accepted { .. }) {
        return Next::GiveUp;
    }
    let (may_return, least) = match outcome {
        Outcome::Accepted { .. } => return Next::Done,
        Outcome::Unknown { .. } if tries.is_uncertain => return Next::GiveUp,
        Outcome::Permanent { .. } => match outcome.fault() {
            Some(Fault::Recipient | Fault::Message) => return Next::GiveUp,
            Some(Fault::Unclear) if tries.is_fail_over => return Next::GiveUp,
            _ => (false, Duration::ZERO),
        },
        Outcome::Temporary { retry_after, .. } => (true, retry_after.unwrap_or_default()),
        Outcome::Unknown { .. } => (true, Duration::ZERO),
    };
    match tries.other {
        Other::Now => return Next::FailOver,
        Other::None if !may_return => return Next::GiveUp,
        Other::Later | Other::None => {}
    }
    let round = u32::from(tries.attempts).div_ceil(tries.legs.max(1) as u32);
    let longest_ms = settings.first_retry_ms.saturating_mul(u64::from(GROWTH.saturating_pow(round.saturating_sub(1))));
    let jitter = Duration::from_millis((longest_ms as f64 * fraction()) as u64);
    // What another connection waits for is not this one's `Retry-After`.
    let least = if tries.other == Other::Later { Duration::ZERO } else { least };
    // Jitter comes on top of what the provider asks for, so that its whole crowd does not return in one moment.
    let after = least.saturating_add(jitter);
    if after < left { Next::Retry { after, begins_again: may_return } } else { Next::GiveUp }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFE: Duration = Duration::from_secs(300);

    fn temporary(retry_after: Option<u64>) -> Outcome {
        Outcome::Temporary { reason: "http_503".into(), retry_after: retry_after.map(Duration::from_secs) }
    }

    fn refused(reason: &'static str) -> Outcome {
        Outcome::Permanent { reason: reason.into() }
    }

    fn single(attempts: u8) -> Tries {
        Tries { attempts, legs: 1, is_fail_over: false, is_uncertain: false, other: Other::None }
    }

    fn follows(outcome: &Outcome, tries: &Tries) -> Next {
        next(outcome, tries, LIFE, &Settings::default(), || 0.5)
    }

    fn after(outcome: &Outcome, attempts: u8, left: Duration, fraction: f64) -> Option<u64> {
        match next(outcome, &single(attempts), left, &Settings::default(), || fraction) {
            Next::Retry { after, .. } => Some(after.as_millis() as u64),
            Next::Done | Next::FailOver | Next::GiveUp => None,
        }
    }

    #[test]
    fn waits_grow_with_full_jitter_and_end_after_three_tries() {
        assert_eq!(after(&temporary(None), 1, LIFE, 0.0), Some(0));
        assert_eq!(after(&temporary(None), 1, LIFE, 0.999), Some(999));
        assert_eq!(after(&temporary(None), 2, LIFE, 0.5), Some(2_000));
        assert_eq!(follows(&temporary(None), &single(3)), Next::GiveUp);
        let settings = Settings { max_attempts: 255, ..Settings::default() };
        assert_eq!(next(&temporary(None), &single(u8::MAX), LIFE, &settings, || 0.5), Next::GiveUp);
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
    fn an_unknown_outcome_is_repeated_once() {
        let unknown = Outcome::Unknown { reason: "timeout".into() };
        assert_eq!(after(&unknown, 1, LIFE, 0.5), Some(500));
        assert_eq!(follows(&unknown, &Tries { is_uncertain: true, ..single(2) }), Next::GiveUp);
        let two = Tries { legs: 2, other: Other::Now, ..single(1) };
        assert_eq!(follows(&unknown, &two), Next::FailOver);
        assert_eq!(follows(&unknown, &Tries { is_uncertain: true, ..two }), Next::GiveUp);
        // What was certainly not taken may be tried again after an unknown outcome.
        assert_eq!(follows(&temporary(None), &Tries { is_uncertain: true, ..two }), Next::FailOver);
    }

    #[test]
    fn acceptance_and_refusal_are_final() {
        assert_eq!(follows(&Outcome::accepted(None), &single(1)), Next::Done);
        assert_eq!(follows(&refused("http_400"), &single(1)), Next::GiveUp);
        assert_eq!(follows(&refused("http_401"), &single(1)), Next::GiveUp);
    }

    #[test]
    fn another_connection_is_tried_at_once_when_this_one_is_to_blame() {
        let two = Tries { legs: 2, other: Other::Now, ..single(1) };
        assert_eq!(follows(&temporary(Some(60)), &two), Next::FailOver);
        assert_eq!(follows(&refused("http_401"), &two), Next::FailOver);
        for final_one in ["recipient_invalid", "message_too_long"] {
            assert_eq!(follows(&refused(final_one), &two), Next::GiveUp);
        }
    }

    #[test]
    fn what_nobody_is_to_blame_for_costs_one_other_connection() {
        let three = Tries { legs: 3, other: Other::Now, ..single(1) };
        assert_eq!(follows(&refused("http_400"), &three), Next::FailOver);
        assert_eq!(follows(&refused("http_400"), &Tries { attempts: 2, is_fail_over: true, ..three }), Next::GiveUp);
    }

    #[test]
    fn when_all_failed_they_are_tried_again_after_a_while() {
        let all = Tries { attempts: 2, legs: 2, is_fail_over: true, is_uncertain: false, other: Other::None };
        let again = Next::Retry { after: Duration::from_millis(500), begins_again: true };
        assert_eq!(follows(&temporary(None), &all), again);
        assert_eq!(follows(&refused("http_401"), &all), Next::GiveUp);
        assert_eq!(follows(&temporary(None), &Tries { attempts: 4, ..all }), Next::GiveUp);
    }

    #[test]
    fn a_connection_that_is_left_alone_now_is_waited_for() {
        let later = Tries { legs: 2, other: Other::Later, ..single(1) };
        let wait = Next::Retry { after: Duration::from_millis(500), begins_again: false };
        assert_eq!(follows(&refused("http_401"), &later), wait);
        assert_eq!(follows(&temporary(Some(60)), &later), Next::Retry { after: Duration::from_millis(500), begins_again: true });
    }
}

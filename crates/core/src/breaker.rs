//! Whether a provider connection may be asked now. A connection that fails is left alone, tried with single messages, and
//! taken back at a pace that what waited does not exceed. Pure: time comes in, nobody waits here.
//!
//! Closed: everything passes, and failures are counted. Open: nothing passes for a while that grows with every failed try.
//! Half open: one message at a time passes; two successes in a row close it. For a minute after that, at most twice the
//! usual number of messages passes, so that a provider which has just come back is not thrown over again.

use serde::{Deserialize, Serialize};

/// So many failures in a row open it.
pub const IN_A_ROW: u32 = 5;
/// So many calls must have ended in the window before their share of failures counts.
const LEAST: u32 = 20;
/// One half of the window that shares are taken from.
const HALF_MS: u64 = 5_000;
/// How long it is open the first time.
const FIRST_OPEN_MS: u64 = 1_000;
/// How long it is open at most.
pub const LONGEST_OPEN_MS: u64 = 15_000;
/// A probe without a result after that time is forgotten: no attempt takes longer.
const PROBE_MS: u64 = 15_000;
/// So many good probes in a row close it.
const GOOD_PROBES: u8 = 2;
/// How long the pace is limited after it closed.
const RECOVERY_MS: u64 = 60_000;
/// The least number of calls per second that is taken as usual.
const LEAST_USUAL: f64 = 5.0;
/// The longest wait that is told: who waits looks again after it.
const LONGEST_WAIT_MS: u64 = 30_000;
/// The longest pause that a provider may ask for.
const LONGEST_PAUSE_MS: u64 = 300_000;

/// What a breaker says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Everything passes.
    Closed,
    /// Nothing passes.
    Open,
    /// One message at a time passes.
    HalfOpen,
    /// Everything passes, but the provider asked for a pause.
    Paused,
}

impl Phase {
    /// The phase's name on the wire and in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
            Self::Paused => "paused",
        }
    }
}

/// Leave to make one call; its result is told with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Pass {
    is_probe: bool,
    /// The state it was given in: a result from before the last change says nothing about the connection now.
    era: u64,
}

/// What a call says about its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// It works.
    Good,
    /// It does not.
    Bad,
    /// Nothing: the message was at fault, or nobody knows.
    None,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Closed { recovering_until_ms: u64 },
    Open { until_ms: u64 },
    HalfOpen { probe_ms: Option<u64>, good: u8 },
}

/// One connection's breaker.
#[derive(Debug, Clone)]
pub struct Breaker {
    state: State,
    era: u64,
    since_ms: u64,
    in_a_row: u32,
    half: Half,
    before: Half,
    /// Calls per second while it worked.
    usual: f64,
    /// How often it opened without closing in between.
    opened: u32,
    paused_until_ms: u64,
    /// When the next message may pass while it recovers.
    next_ms: f64,
    /// Until when those who wait are told to come back.
    booked_ms: f64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Half {
    start_ms: u64,
    calls: u32,
    bad: u32,
}

impl Breaker {
    /// A closed breaker.
    #[must_use]
    pub fn new(now_ms: u64) -> Self {
        Self {
            state: State::Closed { recovering_until_ms: 0 },
            era: 0,
            since_ms: now_ms,
            in_a_row: 0,
            half: Half { start_ms: now_ms, ..Half::default() },
            before: Half::default(),
            usual: 0.0,
            opened: 0,
            paused_until_ms: 0,
            next_ms: 0.0,
            booked_ms: 0.0,
        }
    }

    /// What it says of itself, and since when.
    #[must_use]
    pub fn phase(&self, now_ms: u64) -> (Phase, u64) {
        let phase = match self.state {
            State::Open { .. } => Phase::Open,
            State::HalfOpen { .. } => Phase::HalfOpen,
            State::Closed { .. } if now_ms < self.paused_until_ms => Phase::Paused,
            State::Closed { .. } => Phase::Closed,
        };
        (phase, self.since_ms)
    }

    /// Whether a message would pass now; takes nothing.
    #[must_use]
    pub fn is_open_for(&self, now_ms: u64) -> bool {
        if now_ms < self.paused_until_ms {
            return false;
        }
        match self.state {
            State::Closed { recovering_until_ms } => now_ms >= recovering_until_ms || self.next_ms <= now_ms as f64,
            State::Open { until_ms } => now_ms >= until_ms,
            State::HalfOpen { probe_ms, .. } => probe_ms.is_none_or(|since_ms| since_ms + PROBE_MS <= now_ms),
        }
    }

    /// Lets a message pass, if it may.
    pub fn enter(&mut self, now_ms: u64) -> Option<Pass> {
        if !self.is_open_for(now_ms) {
            return None;
        }
        let is_probe = match self.state {
            State::Closed { recovering_until_ms } => {
                if now_ms < recovering_until_ms {
                    self.next_ms = self.next_ms.max(now_ms as f64 - 1_000.0) + self.interval_ms();
                }
                false
            }
            State::Open { .. } => {
                self.change(State::HalfOpen { probe_ms: Some(now_ms), good: 0 }, now_ms);
                true
            }
            State::HalfOpen { good, .. } => {
                self.state = State::HalfOpen { probe_ms: Some(now_ms), good };
                true
            }
        };
        Some(Pass { is_probe, era: self.era })
    }

    /// How long a message that did not pass waits. Those that wait are told different times, so that they come back at
    /// the pace at which they may pass.
    pub fn book(&mut self, now_ms: u64) -> u64 {
        let opens_ms = match self.state {
            State::Open { until_ms } => until_ms,
            State::HalfOpen { .. } => now_ms + FIRST_OPEN_MS,
            State::Closed { .. } => now_ms,
        };
        let from = opens_ms.max(self.paused_until_ms) as f64;
        self.booked_ms = self.booked_ms.max(from) + self.interval_ms();
        let latest = from.max((now_ms + LONGEST_WAIT_MS) as f64);
        if self.booked_ms > latest {
            // The queue is longer than anybody waits: begin again at its front.
            self.booked_ms = from + self.interval_ms();
        }
        (self.booked_ms - now_ms as f64).max(1.0) as u64
    }

    /// Takes a call's result.
    pub fn leave(&mut self, pass: Pass, sign: Sign, now_ms: u64) {
        if pass.era != self.era {
            return;
        }
        match self.state {
            State::HalfOpen { good, .. } if pass.is_probe => match sign {
                Sign::Bad => self.open(now_ms),
                Sign::Good | Sign::None if good + 1 >= GOOD_PROBES => {
                    self.next_ms = now_ms as f64;
                    self.opened = 0;
                    self.in_a_row = 0;
                    self.half = Half { start_ms: now_ms, ..Half::default() };
                    self.before = Half::default();
                    self.change(State::Closed { recovering_until_ms: now_ms + RECOVERY_MS }, now_ms);
                }
                Sign::Good | Sign::None => self.state = State::HalfOpen { probe_ms: None, good: good + 1 },
            },
            State::Closed { .. } => self.count(sign, now_ms),
            State::HalfOpen { .. } | State::Open { .. } => {}
        }
    }

    /// The provider asked to be left alone.
    pub fn pause(&mut self, now_ms: u64, for_ms: u64) {
        self.paused_until_ms = self.paused_until_ms.max(now_ms + for_ms.min(LONGEST_PAUSE_MS));
    }

    fn count(&mut self, sign: Sign, now_ms: u64) {
        self.roll(now_ms);
        self.half.calls += 1;
        match sign {
            Sign::Good => self.in_a_row = 0,
            Sign::None => {}
            Sign::Bad => {
                self.half.bad += 1;
                self.in_a_row += 1;
                let (calls, bad) = (self.half.calls + self.before.calls, self.half.bad + self.before.bad);
                if self.in_a_row >= IN_A_ROW || calls >= LEAST && bad * 2 >= calls {
                    self.usual = self.usual.max(self.seen(now_ms));
                    self.open(now_ms);
                }
            }
        }
    }

    fn roll(&mut self, now_ms: u64) {
        if now_ms < self.half.start_ms + HALF_MS {
            return;
        }
        // While the pace is limited, and while it catches up, nothing usual is to be seen.
        if !matches!(self.state, State::Closed { recovering_until_ms } if now_ms < recovering_until_ms) {
            let seen = self.seen(now_ms);
            self.usual = seen.max(0.7 * self.usual + 0.3 * seen);
        }
        let is_next = now_ms < self.half.start_ms + 2 * HALF_MS;
        self.before = if is_next { self.half } else { Half::default() };
        self.half = Half { start_ms: now_ms, ..Half::default() };
    }

    /// Calls per second in this half of the window.
    fn seen(&self, now_ms: u64) -> f64 {
        f64::from(self.half.calls) * 1_000.0 / now_ms.saturating_sub(self.half.start_ms).max(1_000) as f64
    }

    fn open(&mut self, now_ms: u64) {
        let open_ms = FIRST_OPEN_MS.saturating_mul(1 << self.opened.min(10)).min(LONGEST_OPEN_MS);
        self.opened += 1;
        self.change(State::Open { until_ms: now_ms + open_ms }, now_ms);
    }

    fn change(&mut self, state: State, now_ms: u64) {
        self.state = state;
        self.since_ms = now_ms;
        self.era += 1;
    }

    /// The distance between two messages at twice the usual rate.
    fn interval_ms(&self) -> f64 {
        1_000.0 / (2.0 * self.usual.max(LEAST_USUAL))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn call(breaker: &mut Breaker, now_ms: u64, sign: Sign) -> bool {
        let pass = breaker.enter(now_ms);
        if let Some(pass) = pass {
            breaker.leave(pass, sign, now_ms);
        }
        pass.is_some()
    }

    fn opened(now_ms: u64) -> Breaker {
        let mut breaker = Breaker::new(0);
        (0..IN_A_ROW).for_each(|_| assert!(call(&mut breaker, now_ms, Sign::Bad)));
        assert_eq!(breaker.phase(now_ms), (Phase::Open, now_ms));
        breaker
    }

    #[test]
    fn five_failures_in_a_row_open_it_and_a_success_between_does_not() {
        let mut breaker = Breaker::new(0);
        for _ in 0..4 {
            call(&mut breaker, 10, Sign::Bad);
        }
        call(&mut breaker, 10, Sign::Good);
        for _ in 0..4 {
            call(&mut breaker, 10, Sign::Bad);
        }
        assert_eq!(breaker.phase(10).0, Phase::Closed);
        call(&mut breaker, 10, Sign::Bad);
        assert_eq!(breaker.phase(10).0, Phase::Open);
        assert!(!call(&mut breaker, 1_009, Sign::Good) && call(&mut breaker, 1_010, Sign::Good));
    }

    #[test]
    fn half_of_many_failing_opens_it() {
        let mut breaker = Breaker::new(0);
        for number in 0..LEAST {
            call(&mut breaker, u64::from(number) * 100, if number % 2 == 0 { Sign::Good } else { Sign::Bad });
        }
        assert_eq!(breaker.phase(2_000).0, Phase::Open);
    }

    #[test]
    fn what_is_no_fault_of_the_connection_never_opens_it() {
        let mut breaker = Breaker::new(0);
        for now_ms in 0..1_000 {
            assert!(call(&mut breaker, now_ms, Sign::None));
        }
        assert_eq!(breaker.phase(1_000).0, Phase::Closed);
    }

    #[test]
    fn one_probe_at_a_time_and_two_good_ones_close_it() {
        let mut breaker = opened(0);
        let probe = breaker.enter(1_000).expect("it is time");
        assert!(breaker.enter(1_000).is_none() && breaker.enter(10_000).is_none());
        breaker.leave(probe, Sign::Good, 1_200);
        assert_eq!(breaker.phase(1_200).0, Phase::HalfOpen);
        assert!(call(&mut breaker, 1_201, Sign::Good));
        assert_eq!(breaker.phase(1_201).0, Phase::Closed);
    }

    #[test]
    fn a_probe_that_never_ends_is_forgotten() {
        let mut breaker = opened(0);
        let lost = breaker.enter(1_000).expect("it is time");
        assert!(call(&mut breaker, 1_000 + PROBE_MS, Sign::Good));
        breaker.leave(lost, Sign::Bad, 1_000 + PROBE_MS + 1);
    }

    #[test]
    fn every_failed_probe_doubles_the_wait_up_to_its_bound() {
        let mut breaker = opened(0);
        let mut now_ms = 0;
        for wait_ms in [1_000, 2_000, 4_000, 8_000, 15_000, 15_000] {
            assert!(!call(&mut breaker, now_ms + wait_ms - 1, Sign::Bad), "{wait_ms}");
            now_ms += wait_ms;
            assert!(call(&mut breaker, now_ms, Sign::Bad), "{wait_ms}");
        }
    }

    #[test]
    fn results_of_calls_from_before_it_opened_change_nothing() {
        let mut breaker = Breaker::new(0);
        let old = breaker.enter(0).expect("it is closed");
        (0..IN_A_ROW).for_each(|_| assert!(call(&mut breaker, 1, Sign::Bad)));
        breaker.leave(old, Sign::Good, 2);
        assert_eq!(breaker.phase(2).0, Phase::Open);
        let probe = breaker.enter(1_001).expect("it is time");
        breaker.leave(old, Sign::Bad, 1_002);
        breaker.leave(probe, Sign::Good, 1_003);
        assert!(breaker.enter(1_004).is_some());
    }

    #[test]
    fn a_pause_is_kept_and_bounded() {
        let mut breaker = Breaker::new(0);
        breaker.pause(0, 2_000);
        assert_eq!((breaker.enter(1_999), breaker.phase(1_999).0), (None, Phase::Paused));
        assert!(breaker.enter(2_000).is_some());
        breaker.pause(0, u64::MAX);
        assert!(breaker.enter(LONGEST_PAUSE_MS).is_some());
    }

    #[test]
    fn an_outage_at_200_a_second_costs_few_calls_and_ends_gently() {
        let mut breaker = Breaker::new(0);
        let (mut calls, mut now_ms) = (0, 0);
        while now_ms < 10_000 {
            assert!(call(&mut breaker, now_ms, Sign::Good));
            now_ms += 5;
        }
        let down_ms = now_ms;
        while now_ms < down_ms + 300_000 {
            calls += u32::from(call(&mut breaker, now_ms, Sign::Bad));
            now_ms += 5;
            assert!(now_ms > down_ms + 5_000 || calls < 200);
        }
        assert!(calls < 40, "{calls} calls at a dead provider");
        // Everything that waits comes at once.
        let up_ms = now_ms;
        let mut passed = [0_u32; 60];
        while now_ms < up_ms + 60_000 {
            for _ in 0..5 {
                passed[((now_ms - up_ms) / 1_000) as usize] += u32::from(call(&mut breaker, now_ms, Sign::Good));
            }
            now_ms += 1;
        }
        assert!(passed[20..].iter().all(|second| (350..=450).contains(second)), "{passed:?}");
    }

    #[test]
    fn who_waits_is_told_different_times() {
        let mut breaker = opened(0);
        let waits: Vec<u64> = (0..50).map(|_| breaker.book(0)).collect();
        assert!(waits.windows(2).all(|pair| pair[0] < pair[1]) && waits[0] > 1_000, "{waits:?}");
    }

    proptest! {
        #[test]
        fn it_never_locks_up(signs in proptest::collection::vec((0_u64..3_000, 0_u8..3), 1..300)) {
            let (mut breaker, mut now_ms) = (Breaker::new(0), 0);
            for (step_ms, sign) in signs {
                now_ms += step_ms;
                call(&mut breaker, now_ms, match sign { 0 => Sign::Good, 1 => Sign::Bad, _ => Sign::None });
                prop_assert!(breaker.book(now_ms) <= LONGEST_WAIT_MS + 1_000);
            }
            // Whatever happened, a provider that works again is used again.
            now_ms += LONGEST_OPEN_MS;
            for _ in 0..3 {
                prop_assert!(call(&mut breaker, now_ms, Sign::Good));
                now_ms += 1_000;
            }
            prop_assert_eq!(breaker.phase(now_ms).0, Phase::Closed);
        }

        #[test]
        fn while_it_fails_it_is_asked_at_most_once_a_second(steps in proptest::collection::vec(1_u64..50, 200)) {
            let mut breaker = opened(0);
            let (mut now_ms, mut last_ms) = (0, None::<u64>);
            for step in steps {
                now_ms += step;
                if call(&mut breaker, now_ms, Sign::Bad) {
                    prop_assert!(last_ms.is_none_or(|last_ms| now_ms - last_ms >= 1_000));
                    last_ms = Some(now_ms);
                }
            }
        }
    }
}

//! What is counted of a place, and when it is blocked. An hour counts by two buckets, like a window of many events: the current
//! hour, and the one before as far as it still reaches. `guard.lua` follows this file.

use super::{Mode, Place, PlaceKind, Rule};
use crate::span::DAY_MS;
use crate::window::share;

/// An hour.
pub const HOUR_MS: u64 = 3_600_000;
/// How long the first, second and every further block lasts.
pub const BLOCKS_MS: [u64; 3] = [HOUR_MS, 6 * HOUR_MS, DAY_MS];
/// How long an ended block is remembered, so that the next one is longer.
const MEMORY_MS: u64 = DAY_MS;
/// Numbers that lie so close follow one another.
const NEAR: u16 = 8;
const MINUTE_MS: u64 = 60_000;

/// What is counted of one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counter {
    hour: u64,
    sends: u64,
    before: u64,
    /// How many were verified when the hour began.
    mark: u64,
    verified_before: u64,
    /// Sends of an hour as it usually is, when enough of them are verified.
    usual: u64,
    minute: u64,
    young: u64,
    young_before: u64,
    until_ms: u64,
    strikes: u8,
    rule: Rule,
    /// Whether the block was only recorded.
    is_recorded: bool,
    tail: Option<u16>,
    run: u8,
}

/// A rule that holds a send up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// The rule.
    pub rule: Rule,
    /// Sends within the hour.
    pub sends: u32,
    /// Verified ones of them.
    pub verified: u32,
    /// Until when the place is blocked; 0 where it is not.
    pub until_ms: u64,
}

impl Counter {
    /// A place that nothing was sent to; so many were verified when the hour began.
    #[must_use]
    pub fn new(mark: u32, now_ms: u64) -> Self {
        Self {
            hour: now_ms / HOUR_MS,
            sends: 0,
            before: 0,
            mark: mark.into(),
            verified_before: 0,
            usual: 0,
            minute: now_ms / MINUTE_MS,
            young: 0,
            young_before: 0,
            until_ms: 0,
            strikes: 0,
            rule: Rule::Velocity,
            is_recorded: false,
            tail: None,
            run: 0,
        }
    }

    /// Until when the place is blocked.
    pub(super) fn until_ms(&self) -> u64 {
        self.until_ms
    }

    /// Goes on to this moment. `verified` is how many were verified in all, `mark` where their count begins from now on.
    pub(super) fn roll(&mut self, place: &Place, verified: u32, mark: u32, now_ms: u64) {
        let hour = now_ms / HOUR_MS;
        if self.hour < hour {
            let done = u64::from(verified).saturating_sub(self.mark);
            let is_good = self.sends > 0 && done * 100 >= u64::from(place.percent) * self.sends;
            self.usual = (self.usual - self.usual.div_ceil(8)).max(if is_good { self.sends } else { 0 });
            (self.before, self.verified_before) = if self.hour + 1 == hour { (self.sends, done) } else { (0, 0) };
            (self.hour, self.sends, self.mark) = (hour, 0, mark.into());
        }
        let minute = now_ms / MINUTE_MS;
        if self.minute < minute {
            self.young_before = if self.minute + 1 == minute { self.young } else { 0 };
            (self.minute, self.young) = (minute, 0);
        }
    }

    /// How many numbers follow one another with this one.
    fn next_run(&self, tail: u16) -> u8 {
        match self.tail.map(|last| last.abs_diff(tail)) {
            None | Some(0) => self.run,
            Some(distance) if distance <= NEAR => self.run.saturating_add(1),
            Some(_) => self.run.saturating_sub(1),
        }
    }

    /// Judges one more send, after [`Self::roll`]. A place that is found suspicious is blocked from now on.
    pub(super) fn judge(&mut self, place: &Place, mode: Mode, verified: u32, now_ms: u64) -> Option<Hit> {
        let left = HOUR_MS - now_ms % HOUR_MS;
        let sends = self.sends + share(self.before, left, HOUR_MS);
        let verified = u64::from(verified).saturating_sub(self.mark) + share(self.verified_before, left, HOUR_MS);
        let count = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        let hit = |rule, until_ms| Some(Hit { rule, sends: count(sends), verified: count(verified), until_ms });
        // What was only recorded blocks nothing when the tenant turns to blocking.
        if self.until_ms > now_ms && !(self.is_recorded && mode == Mode::Block) {
            return hit(self.rule, self.until_ms);
        }
        if place.per_hour.is_some_and(|limit| sends >= u64::from(limit)) {
            return hit(Rule::Velocity, 0);
        }
        if place.sends == 0 {
            return None;
        }
        // The young ones had no time to be verified: as many as the place usually has an hour are not held against it.
        let judged = sends - (self.young + self.young_before).min(self.usual).min(sends);
        let is_poor = |sends: u64| verified * 100 < u64::from(place.percent) * sends;
        let rule = if judged >= u64::from(place.sends) && is_poor(judged) {
            if place.kind == PlaceKind::Country { Rule::Conversion } else { Rule::Pumping }
        } else if place.run > 0 && self.next_run(place.tail) >= place.run && is_poor(sends) {
            Rule::Sequence
        } else {
            return None;
        };
        if now_ms > self.until_ms + MEMORY_MS {
            self.strikes = 0;
        }
        self.until_ms = now_ms + BLOCKS_MS[usize::from(self.strikes).min(BLOCKS_MS.len() - 1)];
        self.strikes = self.strikes.saturating_add(1);
        (self.rule, self.is_recorded, self.run) = (rule, mode == Mode::Record, 0);
        hit(rule, self.until_ms)
    }

    /// Counts a send that goes.
    pub(super) fn spend(&mut self, place: &Place) {
        self.run = self.next_run(place.tail);
        self.tail = Some(place.tail);
        self.sends += 1;
        self.young += 1;
    }
}

//! Sliding windows. Up to [`EXACT_EVENTS`] events a window remembers each one and is exact; above, it keeps two
//! fixed buckets and weighs the older by how much of it the window still covers. The Redis scripts follow this
//! file to the letter; a property test compares them.

use crate::span::Rate;

/// The largest limit that is counted event by event.
pub const EXACT_EVENTS: u32 = 100;

/// What a window remembers.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Window {
    /// Times of admitted events in milliseconds, oldest first; used by exact windows.
    events: Vec<u64>,
    /// Start of the current bucket; used by approximate windows, like the two below.
    start: u64,
    previous: u64,
    current: u64,
}

impl Window {
    /// Whether one more event fits at `now`; `Err` says in how many milliseconds one will.
    pub fn admits(&self, rate: Rate, now: u64) -> Result<(), u64> {
        let (limit, length) = (u64::from(rate.attempts()), rate.window_ms());
        if rate.attempts() <= EXACT_EVENTS {
            let live = self.live(length, now);
            let limit = rate.attempts() as usize;
            return if live.len() < limit { Ok(()) } else { Err(live[live.len() - limit] + length - now) };
        }
        let (start, previous, current) = self.rolled(length, now);
        let elapsed = now - start;
        if share(previous, length - elapsed, length) + current < limit {
            return Ok(());
        }
        if current >= limit {
            return Err(length - elapsed);
        }
        // The older bucket must fade until its share is below what the current one leaves.
        let faded = share(length, previous - (limit - current), previous) + 1;
        Err(faded.saturating_sub(elapsed).max(1))
    }

    /// The window after one more event at `now`.
    #[must_use]
    pub fn after(&self, rate: Rate, now: u64) -> Self {
        let length = rate.window_ms();
        if rate.attempts() <= EXACT_EVENTS {
            let mut events = self.live(length, now);
            events.push(now);
            return Self { events, ..Self::default() };
        }
        let (start, previous, current) = self.rolled(length, now);
        Self { events: Vec::new(), start, previous, current: current + 1 }
    }

    /// When the last event was, as far as the window knows: one that counts by buckets does not.
    #[must_use]
    pub fn last(&self) -> Option<u64> {
        self.events.last().copied()
    }

    fn live(&self, length: u64, now: u64) -> Vec<u64> {
        self.events.iter().copied().skip_while(|at| at + length <= now).collect()
    }

    fn rolled(&self, length: u64, now: u64) -> (u64, u64, u64) {
        let start = now - now % length;
        match self.start {
            // A bucket ahead of `now` means that the clock went back: it stays the current one.
            current if current >= start => (start, self.previous, self.current),
            before if before + length == start => (start, self.current, 0),
            _ => (start, 0, 0),
        }
    }
}

/// `floor(whole * part / of)` in the arithmetic of the Redis scripts, which only know doubles.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "must equal Lua's")]
pub(crate) fn share(whole: u64, part: u64, of: u64) -> u64 {
    ((whole as f64) * (part as f64) / (of as f64)).floor() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(text: &str) -> Rate {
        text.parse().expect("a rate")
    }

    #[test]
    fn an_exact_window_admits_exactly_its_limit_and_says_when_to_return() {
        let (limit, mut window) = (rate("3/10s"), Window::default());
        for now in [1_000, 2_000, 3_000] {
            assert_eq!(window.admits(limit, now), Ok(()));
            window = window.after(limit, now);
        }
        assert_eq!(window.admits(limit, 4_000), Err(7_000));
        assert_eq!(window.admits(limit, 10_999), Err(1));
        assert_eq!(window.admits(limit, 11_000), Ok(()));
    }

    #[test]
    fn an_approximate_window_weighs_the_bucket_before() {
        let (limit, mut window) = (rate("200/10s"), Window::default());
        for _ in 0..200 {
            assert_eq!(window.admits(limit, 9_000), Ok(()));
            window = window.after(limit, 9_000);
        }
        assert_eq!(window.admits(limit, 9_000), Err(1_000));
        let wait = window.admits(limit, 10_000).expect_err("the older bucket still counts in full");
        assert_eq!(window.admits(limit, 10_000 + wait), Ok(()), "after {wait} ms");
        assert_eq!(window.admits(limit, 15_000), Ok(()));
    }
}

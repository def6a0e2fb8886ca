//! All that is counted of a tenant, in memory: the model of what the scripts keep in hot state, and what a replay runs on.

use std::collections::HashMap;

use super::{Counter, Hit, Mode, Place};
use crate::span::DAY_MS;

/// What became of a send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    /// Whether it is refused.
    pub is_refused: bool,
    /// The first place that held it up, and why.
    pub hit: Option<(usize, Hit)>,
}

/// Everything that is counted of a tenant. Places are kept by day, as hot state keeps them, so that what is old goes by itself.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    counters: HashMap<(Vec<u8>, u64), Counter>,
    verified: HashMap<(Vec<u8>, u64), u32>,
}

impl Guard {
    /// Judges a send by all its places, in their order, and counts it unless it is refused.
    pub fn send(&mut self, mode: Mode, places: &[Place], now_ms: u64) -> Judged {
        if mode == Mode::Off {
            return Judged { is_refused: false, hit: None };
        }
        let day = now_ms / DAY_MS;
        let mut first = None;
        let mut after = Vec::with_capacity(places.len());
        for (index, place) in places.iter().enumerate() {
            let (verified, mut counter) = self.counter(place, day, now_ms);
            let until_ms = counter.until_ms();
            let hit = counter.judge(place, mode, verified, now_ms);
            if let Some(hit) = hit {
                first = first.or(Some((index, hit)));
                if mode == Mode::Block {
                    // A block that begins stays, and what a new day finds is carried to it; nothing else of this send.
                    if counter.until_ms() != until_ms || !self.counters.contains_key(&(place.name.clone(), day)) {
                        self.counters.insert((place.name.clone(), day), counter);
                    }
                    return Judged { is_refused: true, hit: first };
                }
            }
            counter.spend(place);
            after.push(((place.name.clone(), day), counter));
        }
        self.counters.extend(after);
        Judged { is_refused: false, hit: first }
    }

    /// How many were verified at a place today, and its counter at this moment.
    fn counter(&self, place: &Place, day: u64, now_ms: u64) -> (u32, Counter) {
        let verified = |day| self.verified.get(&(place.name.clone(), day)).copied().unwrap_or(0);
        let today = verified(day);
        let mut counter = match self.counters.get(&(place.name.clone(), day)) {
            Some(counter) => *counter,
            None => match self.counters.get(&(place.name.clone(), day.saturating_sub(1))) {
                Some(counter) => {
                    let mut counter = *counter;
                    counter.roll(place, verified(day.saturating_sub(1)), 0, now_ms);
                    return (today, counter);
                }
                None => Counter::new(today, now_ms),
            },
        };
        counter.roll(place, today, today, now_ms);
        (today, counter)
    }

    /// Counts a PIN that was verified.
    pub fn verified<'a>(&mut self, names: impl IntoIterator<Item = &'a [u8]>, now_ms: u64) {
        for name in names {
            *self.verified.entry((name.to_vec(), now_ms / DAY_MS)).or_default() += 1;
        }
    }

    /// Ends a block, and forgets what led to it.
    pub fn unblock(&mut self, name: &[u8], now_ms: u64) {
        let day = now_ms / DAY_MS;
        for day in [day, day.saturating_sub(1)] {
            self.counters.remove(&(name.to_vec(), day));
        }
    }
}

//! What is known not to be there, for a few seconds: a stranger's key costs one query, not one per request.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How long an absence is believed: less than the time in which a change must be seen, notification or not.
const BELIEVED: Duration = Duration::from_secs(3);
/// How many absences are remembered.
const MOST: usize = 10_000;

/// A bounded memory of absences.
pub(super) struct Absent<K>(Mutex<Memory<K>>);

struct Memory<K> {
    until: HashMap<K, Instant>,
    /// Grows when everything is forgotten. News from before that are not believed.
    generation: u64,
}

impl<K> Default for Absent<K> {
    fn default() -> Self {
        Self(Mutex::new(Memory { until: HashMap::new(), generation: 0 }))
    }
}

impl<K: Hash + Eq> Absent<K> {
    /// Whether `key` was found absent just now.
    pub(super) fn contains(&self, key: &K) -> bool {
        self.memory().until.get(key).is_some_and(|until| Instant::now() < *until)
    }

    /// What [`Self::remember`] wants to know: taken before looking.
    pub(super) fn generation(&self) -> u64 {
        self.memory().generation
    }

    /// Remembers an absence found by a look that started in `generation`.
    pub(super) fn remember(&self, key: K, generation: u64) {
        let now = Instant::now();
        let mut memory = self.memory();
        if memory.generation != generation {
            return;
        }
        if memory.until.len() >= MOST {
            // Looking for those that are over would take longer than asking again for the others.
            memory.until.clear();
        }
        memory.until.insert(key, now + BELIEVED);
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        let mut memory = self.memory();
        memory.until.clear();
        memory.generation += 1;
    }

    fn memory(&self) -> std::sync::MutexGuard<'_, Memory<K>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absence_found_before_a_change_is_not_believed_after_it() {
        let absent = Absent::default();
        let generation = absent.generation();
        absent.clear();
        absent.remember(1, generation);
        assert!(!absent.contains(&1));
        absent.remember(1, absent.generation());
        assert!(absent.contains(&1) && !absent.contains(&2));
    }

    #[test]
    fn absences_are_bounded() {
        let absent = Absent::default();
        for key in 0..2 * MOST {
            absent.remember(key, 0);
        }
        assert!((1..=MOST).contains(&absent.memory().until.len()));
        assert!(absent.contains(&(2 * MOST - 1)));
    }
}

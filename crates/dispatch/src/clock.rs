//! Redis' clock, as this process knows it. Expiry is judged by that clock alone; between two looks at it this machine's
//! stopwatch goes on, which no change of the wall clock disturbs.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use pinfold_http::clock::stopwatch;
use pinfold_redis::{Error, Hot};

/// How often Redis is asked for the time.
pub(crate) const EVERY: Duration = Duration::from_secs(2);

/// A moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// By this machine's stopwatch.
    pub(crate) at: Instant,
    /// By Redis' clock, in milliseconds.
    pub(crate) ms: u64,
}

/// Redis' clock.
pub(crate) struct RedisClock(Mutex<(u64, Instant)>);

impl RedisClock {
    /// A clock that has not been set.
    pub(crate) fn new() -> Self {
        Self(Mutex::new((0, stopwatch())))
    }

    /// Sets the clock. The answer's way is counted as time that has passed: the clock may be ahead by it, never behind,
    /// so that nothing is sent late.
    pub(crate) async fn set(&self, hot: &Hot) -> Result<(), Error> {
        let asked = stopwatch();
        let redis_ms = hot.now_ms().await?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (redis_ms, asked);
        Ok(())
    }

    pub(crate) fn now(&self) -> Moment {
        let (redis_ms, asked) = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = stopwatch();
        Moment { at, ms: redis_ms + at.saturating_duration_since(asked).as_millis() as u64 }
    }

    /// The time by Redis' clock, in milliseconds.
    pub(crate) fn now_ms(&self) -> u64 {
        self.now().ms
    }
}

//! Says once that something went away and once that it is back, however many notice.

use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a neighbour is away.
pub(crate) struct Outage {
    who: &'static str,
    is_on: AtomicBool,
}

impl Outage {
    pub(crate) fn new(who: &'static str) -> Self {
        Self { who, is_on: AtomicBool::new(false) }
    }

    /// The neighbour did not answer.
    pub(crate) fn begin(&self, error: &(dyn Error + 'static)) {
        if !self.is_on.swap(true, Ordering::Relaxed) {
            tracing::warn!(error, "{} does not answer; what waits there goes on waiting", self.who);
        }
    }

    /// The neighbour answered.
    pub(crate) fn end(&self) {
        if self.is_on.load(Ordering::Relaxed) && self.is_on.swap(false, Ordering::Relaxed) {
            tracing::info!("{} answers again", self.who);
        }
    }
}

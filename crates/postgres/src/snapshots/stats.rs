//! What the snapshots count, for metrics.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counters since the process started.
#[derive(Debug, Default)]
pub struct Stats {
    /// Answers from memory.
    pub hits: AtomicU64,
    /// Questions that memory could not answer.
    pub misses: AtomicU64,
    /// Of those, answered by remembering that there is no such key or tenant.
    pub absent: AtomicU64,
    /// Configurations read from PostgreSQL.
    pub loads: AtomicU64,
    /// Reads that failed.
    pub failed_loads: AtomicU64,
    /// Questions left without an answer: PostgreSQL is away and nothing recent is known.
    pub unavailable: AtomicU64,
    /// Polls that PostgreSQL answered.
    pub confirmations: AtomicU64,
    /// Changes announced by PostgreSQL.
    pub notifications: AtomicU64,
    /// Changes found by the poll, which no notification had announced.
    pub missed_notifications: AtomicU64,
    /// Rows left out of configurations because they are corrupt or do not open.
    pub corrupt_rows: AtomicU64,
}

impl Stats {
    pub(super) fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

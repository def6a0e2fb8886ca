//! Times: milliseconds since 1970 in the rules, `timestamptz` in the tables.

use chrono::{DateTime, Utc};

pub(crate) type Timestamp = DateTime<Utc>;

/// The time of `millis`; the last one of the calendar when it is past that, so that nothing wraps.
pub(crate) fn timestamp(millis: u64) -> Timestamp {
    i64::try_from(millis).ok().and_then(DateTime::from_timestamp_millis).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// The milliseconds of a time; 0 before 1970.
pub(crate) fn millis(time: Timestamp) -> u64 {
    u64::try_from(time.timestamp_millis()).unwrap_or(0)
}

//! The wall clock and the stopwatch. Only here, so that rules cannot look at them and tests know where time enters.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970, by this machine's clock.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that asks the wall clock")]
pub fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

/// A point in time for measuring spans.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that starts a stopwatch")]
pub fn stopwatch() -> Instant {
    Instant::now()
}

/// The milliseconds since 1970 of a time with its offset, such as `2025-10-04T14:20:00Z`; `None` for anything else.
#[must_use]
pub fn parse_rfc3339(text: &str) -> Option<u64> {
    let time = Some(text).filter(|text| text.len() <= 40).and_then(|text| chrono::DateTime::parse_from_rfc3339(text).ok())?;
    u64::try_from(time.timestamp_millis()).ok()
}

/// Milliseconds since 1970 as `2017-08-29T21:43:26.641256+00:00`: six digits of a second, and the offset in figures.
#[must_use]
pub fn rfc3339_micros(ms: u64) -> String {
    let time = i64::try_from(ms).ok().and_then(chrono::DateTime::from_timestamp_millis).unwrap_or_default();
    time.to_rfc3339_opts(chrono::SecondsFormat::Micros, false)
}

/// Milliseconds since 1970 as `2025-10-04T14:25:00.000+08:00`: the time of Manila.
#[must_use]
pub fn rfc3339_manila(ms: u64) -> String {
    let time = i64::try_from(ms).ok().and_then(chrono::DateTime::from_timestamp_millis).unwrap_or_default();
    let manila = chrono::FixedOffset::east_opt(8 * 3_600).expect("eight hours are an offset");
    time.with_timezone(&manila).to_rfc3339_opts(chrono::SecondsFormat::Millis, false)
}

/// Milliseconds since 1970 as `2025-10-04T14:20:00Z`, with milliseconds only where there are any.
#[must_use]
pub fn rfc3339(ms: u64) -> String {
    in_utc(ms, chrono::SecondsFormat::AutoSi)
}

/// Milliseconds since 1970 as `2025-10-04T14:20:00Z`: the second that has begun.
#[must_use]
pub fn rfc3339_seconds(ms: u64) -> String {
    in_utc(ms, chrono::SecondsFormat::Secs)
}

/// Milliseconds since 1970 as `2025-10-04T14:20:00.000Z`, also at a whole second.
#[must_use]
pub fn rfc3339_millis(ms: u64) -> String {
    in_utc(ms, chrono::SecondsFormat::Millis)
}

fn in_utc(ms: u64, format: chrono::SecondsFormat) -> String {
    let time = i64::try_from(ms).ok().and_then(chrono::DateTime::from_timestamp_millis).unwrap_or_default();
    time.to_rfc3339_opts(format, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_the_form_that_clients_read() {
        let ms = 1_759_587_900_007;
        assert_eq!(rfc3339(ms), "2025-10-04T14:25:00.007Z");
        assert_eq!(rfc3339_seconds(ms), "2025-10-04T14:25:00Z");
        assert_eq!(rfc3339_millis(ms - 7), "2025-10-04T14:25:00.000Z");
        assert_eq!(rfc3339_micros(ms), "2025-10-04T14:25:00.007000+00:00");
        assert_eq!(rfc3339_manila(ms), "2025-10-04T22:25:00.007+08:00");
    }
}

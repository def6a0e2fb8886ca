//! Times as clients write them: RFC 3339, and as Infobip's do, with an offset without colon, or without an offset for UTC.

use chrono::{DateTime, Datelike, NaiveDateTime};

/// What a time must be.
pub(super) const MUST: &str = "must be a time such as 2026-01-31T12:00:00Z";

/// The milliseconds since 1970 of a time between 1970 and 9999.
pub(super) fn parse(text: &str) -> Option<u64> {
    let utc = || NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok().map(|time| time.and_utc().fixed_offset());
    let time = DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"))
        .ok()
        .or_else(utc)
        .filter(|time| text.len() <= 40 && time.year() <= 9_999)?;
    u64::try_from(time.timestamp_millis()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vendors_spellings_are_one_time() {
        for text in [
            "2026-08-08T06:04:54.988Z",
            "2026-08-08T06:04:54.988+00:00",
            "2026-08-08T06:04:54.988+0000",
            "2026-08-08T08:04:54.988+0200",
            "2026-08-08T06:04:54.988",
        ] {
            assert_eq!(parse(text), Some(1_786_169_094_988), "{text}");
        }
        assert_eq!(parse("1970-01-01T00:00:00"), Some(0));
    }

    #[test]
    fn anything_else_is_no_time() {
        for text in [
            "",
            "0",
            "1786169094988",
            "2026-08-08",
            "tomorrow",
            "2026-13-01T00:00:00Z",
            "2026-02-30T00:00:00Z",
            "1969-12-31T23:59:59Z",
            "+12026-01-01T00:00:00Z",
            "+262142-01-01T00:00:00",
            "2026-08-08T06:04:54Z ",
            "2026-08-08T06:04:54.988+99:99",
            "２０２６-08-08T06:04:54Z",
            &format!("2026-08-08T06:04:54.{}Z", "0".repeat(100)),
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}

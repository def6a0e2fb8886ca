//! The duration and rate grammar of Infobip 2FA: `15m`, `m`, `3/1d`, `30/10s`, `3/d`. Units are `ms s m h d`;
//! the number is optional in a duration and before a rate's unit, and defaults to 1.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

const UNITS: [(&str, u64); 5] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

/// One day, in milliseconds.
pub const DAY_MS: u64 = 86_400_000;
/// One year of 365 days, in milliseconds: the longest span of the grammar.
pub const YEAR_MS: u64 = 365 * DAY_MS;

/// The text is not a duration such as `15m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a duration such as 15m: a whole number of at least 1 and a unit of ms, s, m, h or d, at most 365d")]
pub struct InvalidSpan;

/// The text is not a rate such as `3/1d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a rate such as 3/1d: 1 to 1000000000 attempts, a slash, and a duration of at most 365d")]
pub struct InvalidRate;

/// A length of time between 1 ms and a year. Prints as it was written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Span {
    count: u64,
    unit: u8,
    bare: bool,
}

impl Span {
    /// A span of whole milliseconds, in its largest exact unit.
    ///
    /// # Errors
    /// [`InvalidSpan`] for 0 and for more than a year.
    pub fn from_millis(millis: u64) -> Result<Self, InvalidSpan> {
        let unit = (0..UNITS.len()).rev().find(|unit| millis.is_multiple_of(UNITS[*unit].1)).ok_or(InvalidSpan)?;
        Self::new(millis / UNITS[unit].1, unit, false)
    }

    fn new(count: u64, unit: usize, bare: bool) -> Result<Self, InvalidSpan> {
        let millis = count.checked_mul(UNITS[unit].1).ok_or(InvalidSpan)?;
        if millis == 0 || millis > YEAR_MS {
            return Err(InvalidSpan);
        }
        Ok(Self { count, unit: u8::try_from(unit).map_err(|_| InvalidSpan)?, bare })
    }

    /// The length in milliseconds.
    #[must_use]
    pub fn millis(self) -> u64 {
        self.count * UNITS[usize::from(self.unit)].1
    }
}

impl FromStr for Span {
    type Err = InvalidSpan;

    fn from_str(text: &str) -> Result<Self, InvalidSpan> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (count, unit) = text.split_at(digits);
        let unit = UNITS.iter().position(|(name, _)| *name == unit).ok_or(InvalidSpan)?;
        let number = if count.is_empty() { 1 } else { count.parse().map_err(|_| InvalidSpan)? };
        Self::new(number, unit, count.is_empty())
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = UNITS[usize::from(self.unit)].0;
        if self.bare { f.write_str(unit) } else { write!(f, "{}{unit}", self.count) }
    }
}

/// So many events in a sliding window. Prints as it was written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    attempts: u32,
    window: Span,
}

impl Rate {
    /// The most events a rate can allow.
    pub const MAX_ATTEMPTS: u32 = 1_000_000_000;

    /// A rate of `attempts` in `window`.
    ///
    /// # Errors
    /// [`InvalidRate`] outside 1 to [`Self::MAX_ATTEMPTS`].
    pub fn new(attempts: u32, window: Span) -> Result<Self, InvalidRate> {
        if attempts == 0 || attempts > Self::MAX_ATTEMPTS {
            return Err(InvalidRate);
        }
        Ok(Self { attempts, window })
    }

    /// Events allowed in the window.
    #[must_use]
    pub fn attempts(self) -> u32 {
        self.attempts
    }

    /// The window's length in milliseconds.
    #[must_use]
    pub fn window_ms(self) -> u64 {
        self.window.millis()
    }
}

impl FromStr for Rate {
    type Err = InvalidRate;

    fn from_str(text: &str) -> Result<Self, InvalidRate> {
        let (attempts, window) = text.split_once('/').ok_or(InvalidRate)?;
        if attempts.is_empty() || !attempts.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InvalidRate);
        }
        let window = window.parse().map_err(|_| InvalidRate)?;
        Self::new(attempts.parse().map_err(|_| InvalidRate)?, window)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.attempts, self.window)
    }
}

macro_rules! text_form {
    ($($name:ident),+) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}
text_form!(Span, Rate);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legal_forms_keep_their_spelling() {
        for (text, millis) in [("15m", 900_000), ("m", 60_000), ("1500ms", 1_500), ("2h", 7_200_000), ("365d", YEAR_MS)] {
            let span: Span = text.parse().expect(text);
            assert_eq!((span.millis(), span.to_string().as_str()), (millis, text));
        }
        for (text, attempts, window) in [("1/3s", 1, 3_000), ("3/d", 3, DAY_MS), ("30/10s", 30, 10_000)] {
            let rate: Rate = text.parse().expect(text);
            assert_eq!((rate.attempts(), rate.window_ms(), rate.to_string().as_str()), (attempts, window, text));
        }
        assert_eq!(Span::from_millis(900_000).map(|span| span.to_string()), Ok("15m".into()));
    }

    #[test]
    fn hostile_forms_are_refused() {
        for text in [
            "",
            "0",
            "5",
            "-1s",
            "1.5m",
            "1e3s",
            "99999999999999999999d",
            "5M",
            " 5m",
            "5m ",
            "٥m",
            "15m1s",
            "0s",
            "366d",
            "+5m",
            "9223372036854775808ms",
        ] {
            assert_eq!(text.parse::<Span>(), Err(InvalidSpan), "{text}");
        }
        for text in ["", "1/0s", "0/1d", "4294967296/1s", "/1d", "1/", "3", "1/3s/1s", "-1/1d", "+1/1d", "1 /1d", "1/ 1d"] {
            assert_eq!(text.parse::<Rate>(), Err(InvalidRate), "{text}");
        }
    }
}

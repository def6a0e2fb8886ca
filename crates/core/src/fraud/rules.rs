//! A tenant's rules: what is configured, its defaults and its bounds.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::channel::Channel;
use crate::field::{Checks, FieldError};
use crate::region::Region;

/// What becomes of a send that the guard finds suspicious.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Nothing is counted.
    Off,
    /// It goes, and the decision is recorded.
    #[default]
    Record,
    /// It is refused.
    Block,
}

/// The text names no mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be off, record or block")]
pub struct UnknownMode;

impl Mode {
    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Record => "record",
            Self::Block => "block",
        }
    }
}

impl std::str::FromStr for Mode {
    type Err = UnknownMode;

    fn from_str(text: &str) -> Result<Self, UnknownMode> {
        [Self::Off, Self::Record, Self::Block].into_iter().find(|mode| mode.name() == text).ok_or(UnknownMode)
    }
}

/// The countries that are open on a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Countries {
    /// These alone. Numbers of no country are not among them.
    Allow(BTreeSet<Region>),
    /// All but these.
    Block(BTreeSet<Region>),
}

impl Countries {
    /// Whether a number of this country may be sent to.
    #[must_use]
    pub fn opens(&self, region: Option<Region>) -> bool {
        match (self, region) {
            (Self::Allow(open), Some(region)) => open.contains(&region),
            (Self::Allow(_), None) => false,
            (Self::Block(closed), Some(region)) => !closed.contains(&region),
            (Self::Block(_), None) => true,
        }
    }
}

/// The most sends within an hour. What is absent has no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PerHour {
    /// To one country.
    pub country: Option<u32>,
    /// To the numbers of one prefix: all digits but the last four.
    pub prefix: Option<u32>,
    /// For one end user's address; of IPv6 the first 64 bits.
    pub ip: Option<u32>,
    /// For one value of a key of the caller's own.
    pub key: Option<u32>,
}

impl Default for PerHour {
    fn default() -> Self {
        Self { country: None, prefix: None, ip: Some(30), key: Some(30) }
    }
}

/// When too few messages to a country are verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Conversion {
    /// From so many sends within an hour on.
    pub sends: u32,
    /// Fewer verified than this, in percent.
    pub percent: u8,
}

impl Default for Conversion {
    fn default() -> Self {
        Self { sends: 50, percent: 20 }
    }
}

/// When messages to the numbers of one prefix look pumped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Pumping {
    /// From so many sends within an hour on.
    pub sends: u32,
    /// Fewer verified than this, in percent.
    pub percent: u8,
    /// From so many numbers on that lie next to the one before.
    pub run: u8,
}

impl Default for Pumping {
    fn default() -> Self {
        Self { sends: 30, percent: 20, run: 15 }
    }
}

/// A tenant's rules.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Rules {
    /// What becomes of what is inferred.
    pub mode: Mode,
    /// The countries that are open, by channel; a channel that is not named is open to all.
    pub countries: BTreeMap<Channel, Countries>,
    /// Velocity.
    pub per_hour: PerHour,
    /// Verified messages by country.
    pub conversion: Conversion,
    /// Verified messages by prefix.
    pub pumping: Pumping,
}

impl Rules {
    /// Checks every bound.
    ///
    /// # Errors
    /// Every field past its bound.
    pub fn check(&self) -> Result<(), Vec<FieldError>> {
        let mut checks = Checks::default();
        let PerHour { country, prefix, ip, key } = self.per_hour;
        for (field, limit) in [("perHour.country", country), ("perHour.prefix", prefix), ("perHour.ip", ip), ("perHour.key", key)]
        {
            let holds = limit.is_none_or(|limit| (1..=1_000_000_000).contains(&limit));
            checks.require(holds, field, "must be between 1 and 1000000000");
        }
        for (field, sends) in [("conversion.sends", self.conversion.sends), ("pumping.sends", self.pumping.sends)] {
            checks.require((5..=1_000_000).contains(&sends), field, "must be between 5 and 1000000");
        }
        for (field, percent) in [("conversion.percent", self.conversion.percent), ("pumping.percent", self.pumping.percent)] {
            checks.require(percent <= 100, field, "must be at most 100");
        }
        checks.require(self.pumping.run >= 3, "pumping.run", "must be between 3 and 255");
        for (channel, countries) in &self.countries {
            let is_dialled = matches!(channel, Channel::Sms | Channel::Voice);
            checks.require(is_dialled, "countries", "must be of sms and voice");
            let (Countries::Allow(some) | Countries::Block(some)) = countries;
            checks.require(some.len() <= 300, "countries", "must name at most 300 countries");
        }
        checks.finish()
    }
}

//! The fraud guard: what a send has to pass beside limits and caps, so that nobody earns by having messages sent. Pure rules; the
//! scripts in Redis follow `counter` to the letter, and a property test compares them.
//!
//! Two kinds of rules. What somebody wrote down (premium ranges, countries, block lists) is refused in every mode. What the guard
//! infers from counts (velocity, conversion, pumping) obeys the tenant's [`Mode`].

mod counter;
mod guard;
mod list;
mod place;
mod replay;
mod rules;

pub use counter::{BLOCKS_MS, Counter, HOUR_MS, Hit};
pub use guard::{Guard, Judged};
pub use list::{Entry, InvalidPrefix, Lists, Matcher, Prefix, Side};
pub use place::{Place, PlaceKind, about, places};
pub use replay::{Past, Replay, ReplayRule, replay};
pub use rules::{Conversion, Countries, Mode, PerHour, Pumping, Rules, UnknownMode};

use serde::{Deserialize, Serialize};

use crate::channel::Channel;
use crate::phone::{Line, Phone};
use crate::region::Region;

/// Which rule decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The number is in a premium or shared-cost range.
    PremiumRange,
    /// The number, its prefix or the person's address is on the block list.
    BlockList,
    /// The tenant does not open this country on this channel.
    Country,
    /// More sends within an hour than the place may have.
    Velocity,
    /// Many sends to the country, and too few of them verified.
    Conversion,
    /// Many sends to numbers of one prefix, and too few of them verified.
    Pumping,
    /// Numbers that follow one another, and too few of them verified.
    Sequence,
}

impl Rule {
    /// Every rule; the place is the code that scripts use, from 0.
    pub const ALL: [Self; 7] =
        [Self::PremiumRange, Self::BlockList, Self::Country, Self::Velocity, Self::Conversion, Self::Pumping, Self::Sequence];

    /// The name on the wire and in the system of record.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PremiumRange => "premium_range",
            Self::BlockList => "block_list",
            Self::Country => "country",
            Self::Velocity => "velocity",
            Self::Conversion => "conversion",
            Self::Pumping => "pumping",
            Self::Sequence => "sequence",
        }
    }

    /// The rule of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name() == name)
    }

    /// Whether it refuses in every mode, because somebody wrote it down.
    #[must_use]
    pub const fn is_written(self) -> bool {
        matches!(self, Self::PremiumRange | Self::BlockList | Self::Country)
    }
}

/// Why a send was refused, or would have been: the rule, the figures and the threshold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// What it is about, as people read it: `country CH`, `prefix 4179302`, `ip`, `key`, `number`.
    pub about: String,
    /// Sends that were counted in the last hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sends: Option<u32>,
    /// How many of them were verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<u32>,
    /// From how many sends on the rule looks, or how many it lets pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<u32>,
    /// The share of verified ones below which it refuses, in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<u8>,
    /// Until when the place is blocked, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<u64>,
}

impl Finding {
    /// A finding of a rule that somebody wrote down: it has no figures.
    #[must_use]
    pub fn written(rule: Rule, about: impl Into<String>) -> Self {
        Self { rule, about: about.into(), sends: None, verified: None, threshold: None, percent: None, until_ms: None }
    }
}

/// What is known of a send when the written rules judge it.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The way to the person.
    pub channel: Channel,
    /// The number.
    pub phone: &'a Phone,
    /// Its country, if it has one.
    pub region: Option<Region>,
    /// Its keyed hash, as lists have it.
    pub number: &'a [u8; 16],
    /// The person's address, as the caller states it.
    pub address: Option<std::net::IpAddr>,
}

/// What the written rules say of a send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is on the allow list: nothing that is inferred holds it up.
    Allowed,
    /// Nothing is written about it.
    Open,
    /// It is refused.
    Refused(Finding),
}

/// Judges a send by what somebody wrote down. A premium range is refused even when it is on the allow list; else the allow list
/// stands above the block list, and both above countries.
#[must_use]
pub fn judge(rules: &Rules, lists: &Lists, facts: &Facts<'_>) -> Standing {
    if matches!(facts.phone.line(), Line::Premium | Line::SharedCost) {
        return Standing::Refused(Finding::written(Rule::PremiumRange, "number"));
    }
    if lists.find(Side::Allow, facts).is_some() {
        return Standing::Allowed;
    }
    if let Some(about) = lists.find(Side::Block, facts) {
        return Standing::Refused(Finding::written(Rule::BlockList, about));
    }
    match rules.countries.get(&facts.channel) {
        Some(countries) if !countries.opens(facts.region) => {
            let about = facts.region.map_or_else(|| "country unknown".to_owned(), |region| format!("country {region}"));
            Standing::Refused(Finding::written(Rule::Country, about))
        }
        _ => Standing::Open,
    }
}

#[cfg(test)]
mod tests;

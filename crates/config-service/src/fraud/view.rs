//! The fraud guard's rules and findings as clients write and see them.

use std::collections::BTreeMap;

use pinfold_core::channel::Channel;
use pinfold_core::field::FieldError;
use pinfold_core::fraud::{Conversion, Countries, Finding, PerHour, Pumping, Rules, UnknownMode};
use pinfold_core::region::Region;
use pinfold_http::Problem;
use pinfold_http::clock::rfc3339;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The rules of the fraud guard. What is left out has its default.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FraudRules)]
pub(crate) struct RulesView {
    /// What becomes of a send that the guard finds suspicious: `off` counts nothing, `record` lets it go and records the decision,
    /// `block` refuses it. Premium ranges, block lists and countries that are not open are refused in every mode.
    #[schema(example = "record")]
    mode: Option<String>,
    /// The countries that are open, by `sms` and `voice`; a channel that is not named is open to all.
    countries: Option<BTreeMap<String, CountriesView>>,
    /// The most sends within an hour.
    per_hour: Option<PerHourView>,
    /// When too few messages to a country are verified.
    conversion: Option<ConversionView>,
    /// When messages to the numbers of one prefix look pumped.
    pumping: Option<PumpingView>,
}

/// The countries of a channel: those that are open, or those that are not.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = FraudCountries)]
struct CountriesView {
    /// These alone are open (ISO 3166-1).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = json!(["CH", "DE"]))]
    allow: Option<Vec<String>>,
    /// All but these are open.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    block: Option<Vec<String>>,
}

/// The most sends within an hour; null for no limit.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = FraudPerHour)]
struct PerHourView {
    /// To one country.
    country: Option<u32>,
    /// To the numbers of one prefix: all digits but the last four.
    prefix: Option<u32>,
    /// For one end user's address.
    #[schema(example = 30)]
    ip: Option<u32>,
    /// For one value of your `riskKey`.
    #[schema(example = 30)]
    key: Option<u32>,
}

/// When too few messages to a country are verified.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = FraudConversion)]
struct ConversionView {
    /// From so many sends within an hour on.
    #[schema(example = 50, minimum = 5)]
    sends: u32,
    /// Fewer verified than this, in percent.
    #[schema(example = 20, maximum = 100)]
    percent: u8,
}

/// When messages to the numbers of one prefix look pumped.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = FraudPumping)]
struct PumpingView {
    /// From so many sends within an hour on.
    #[schema(example = 30, minimum = 5)]
    sends: u32,
    /// Fewer verified than this, in percent.
    #[schema(example = 20, maximum = 100)]
    percent: u8,
    /// From so many numbers on that lie next to the one before.
    #[schema(example = 15, minimum = 3)]
    run: u8,
}

impl RulesView {
    /// The rules.
    ///
    /// # Errors
    /// 400 with every field past its bound.
    pub(super) fn rules(&self) -> Result<Rules, Problem> {
        let mut rules = Rules::default();
        if let Some(mode) = &self.mode {
            rules.mode = mode.parse().map_err(|error: UnknownMode| Problem::field("mode", error.to_string()))?;
        }
        for (channel, countries) in self.countries.iter().flatten() {
            let channel: Channel = channel.parse().map_err(|_| Problem::field("countries", "must be of sms and voice"))?;
            rules.countries.insert(channel, countries.countries()?);
        }
        if let Some(PerHourView { country, prefix, ip, key }) = &self.per_hour {
            rules.per_hour = PerHour { country: *country, prefix: *prefix, ip: *ip, key: *key };
        }
        if let Some(ConversionView { sends, percent }) = self.conversion {
            rules.conversion = Conversion { sends, percent };
        }
        if let Some(PumpingView { sends, percent, run }) = self.pumping {
            rules.pumping = Pumping { sends, percent, run };
        }
        rules.check()?;
        Ok(rules)
    }
}

impl CountriesView {
    fn countries(&self) -> Result<Countries, FieldError> {
        let read = |list: &[String]| -> Result<_, FieldError> {
            let region = |text: &String| text.parse::<Region>();
            let all: Result<_, _> = list.iter().map(region).collect();
            all.map_err(|_| FieldError::new("countries", "must be countries as two capital letters, such as CH"))
        };
        match (&self.allow, &self.block) {
            (Some(list), None) => Ok(Countries::Allow(read(list)?)),
            (None, Some(list)) => Ok(Countries::Block(read(list)?)),
            _ => Err(FieldError::new("countries", "must have either allow or block for a channel")),
        }
    }
}

impl From<&Rules> for RulesView {
    fn from(rules: &Rules) -> Self {
        let list = |regions: &std::collections::BTreeSet<Region>| Some(regions.iter().map(Region::to_string).collect());
        let countries = |countries: &Countries| match countries {
            Countries::Allow(open) => CountriesView { allow: list(open), block: None },
            Countries::Block(closed) => CountriesView { allow: None, block: list(closed) },
        };
        let PerHour { country, prefix, ip, key } = rules.per_hour;
        let (Conversion { sends, percent }, pumping) = (rules.conversion, rules.pumping);
        Self {
            mode: Some(rules.mode.name().to_owned()),
            countries: Some(rules.countries.iter().map(|(channel, it)| (channel.name().to_owned(), countries(it))).collect()),
            per_hour: Some(PerHourView { country, prefix, ip, key }),
            conversion: Some(ConversionView { sends, percent }),
            pumping: Some(PumpingView { sends: pumping.sends, percent: pumping.percent, run: pumping.run }),
        }
    }
}

/// Why a send was refused, or would have been.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FraudFinding)]
pub(crate) struct FindingView {
    /// `premium_range`, `block_list`, `country`, `velocity`, `conversion`, `pumping` or `sequence`.
    #[schema(value_type = String, example = "conversion")]
    rule: &'static str,
    /// What it is about: a country, a prefix, `ip`, `key` or `number`.
    #[schema(example = "country CH")]
    about: String,
    /// Sends that were counted in the hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 50)]
    sends: Option<u32>,
    /// How many of them were verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 3)]
    verified: Option<u32>,
    /// From how many sends on the rule looks, or how many it lets pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 50)]
    threshold: Option<u32>,
    /// The share of verified ones below which it refuses.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 20)]
    percent: Option<u8>,
    /// Until when the place is blocked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-11-21T13:00:00Z")]
    blocked_until: Option<String>,
}

impl From<Finding> for FindingView {
    fn from(finding: Finding) -> Self {
        Self {
            rule: finding.rule.name(),
            about: finding.about,
            sends: finding.sends,
            verified: finding.verified,
            threshold: finding.threshold,
            percent: finding.percent,
            blocked_until: finding.until_ms.map(rfc3339),
        }
    }
}

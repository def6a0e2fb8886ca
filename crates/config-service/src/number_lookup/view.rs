//! How numbers are looked up, as clients write and see it.

use pinfold_core::connection::Connection;
use pinfold_core::field::{Checks, FieldError};
use pinfold_core::lookup::NumberLookup;
use pinfold_core::price::{Currency, Price};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A day, and the bounds of the table.
const CACHE_SECONDS: u32 = 86_400;
const CACHE_BOUNDS: std::ops::RangeInclusive<u32> = 60..=2_592_000;
const DEADLINE_MS: u32 = 2_000;
const DEADLINE_BOUNDS: std::ops::RangeInclusive<u32> = 100..=5_000;
const MOST_MICROS: u64 = 1_000_000_000_000;

/// How numbers are looked up before a message that asks for it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NumberLookup)]
pub(crate) struct LookupView {
    /// The connection that is asked, of kind `infobip` or `twilio`.
    #[schema(example = "5B6E0D3C1F2A49788C7B6A5948372615")]
    pub(super) connection_id: String,
    /// How long an answer is believed, in seconds.
    #[serde(default = "cache_seconds")]
    #[schema(minimum = 60, maximum = 2_592_000, default = 86_400)]
    cache_seconds: u32,
    /// How long a send waits for an answer, in milliseconds.
    #[serde(default = "deadline_ms")]
    #[schema(minimum = 100, maximum = 5_000, default = 2_000)]
    deadline_ms: u32,
    /// What an answer costs, in millionths of the currency's unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 5_000)]
    price_micros: Option<u64>,
    /// The currency of the price (ISO 4217).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "EUR")]
    currency: Option<String>,
}

fn cache_seconds() -> u32 {
    CACHE_SECONDS
}

fn deadline_ms() -> u32 {
    DEADLINE_MS
}

impl LookupView {
    /// The setting over a connection; none where there is no such connection.
    ///
    /// # Errors
    /// Every field that breaks its bound.
    pub(super) fn check(&self, connection: Option<&Connection>) -> Result<NumberLookup, Vec<FieldError>> {
        let mut checks = Checks::default();
        let usable = connection.filter(|connection| connection.provider.looks_up());
        checks.require(usable.is_some(), "connectionId", "must be a connection of yours that can look numbers up");
        let bounds = |range: &std::ops::RangeInclusive<u32>| format!("must be between {} and {}", range.start(), range.end());
        checks.require(CACHE_BOUNDS.contains(&self.cache_seconds), "cacheSeconds", bounds(&CACHE_BOUNDS));
        checks.require(DEADLINE_BOUNDS.contains(&self.deadline_ms), "deadlineMs", bounds(&DEADLINE_BOUNDS));
        let is_priced = self.price_micros.is_some();
        checks.require(is_priced == self.currency.is_some(), "currency", "must be given with priceMicros, and only then");
        let is_within = self.price_micros.is_none_or(|micros| micros <= MOST_MICROS);
        checks.require(is_within, "priceMicros", format!("must be at most {MOST_MICROS}"));
        let currency = match self.currency.as_deref().map(str::parse::<Currency>).transpose() {
            Ok(currency) => currency,
            Err(error) => {
                checks.push(FieldError::new("currency", error.to_string()));
                None
            }
        };
        checks.finish()?;
        let connection = usable.ok_or_else(Vec::new)?.id;
        let price = self.price_micros.zip(currency).map(|(micros, currency)| Price { micros, currency });
        Ok(NumberLookup { connection, cache_seconds: self.cache_seconds, deadline_ms: self.deadline_ms, price })
    }
}

impl From<NumberLookup> for LookupView {
    fn from(lookup: NumberLookup) -> Self {
        Self {
            connection_id: lookup.connection.to_string(),
            cache_seconds: lookup.cache_seconds,
            deadline_ms: lookup.deadline_ms,
            price_micros: lookup.price.map(|price| price.micros),
            currency: lookup.price.map(|price| price.currency.code().to_owned()),
        }
    }
}

//! Caps as clients write and see them.

use pinfold_core::caps::Caps;
use pinfold_core::field::{Checks, FieldError};
use pinfold_core::price::{Currency, Price};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most messages and the most money that a cap can say.
const MOST_MESSAGES: u32 = 2_000_000_000;
const MOST_MICROS: u64 = 1_000_000_000_000_000;

/// What may be sent in a day and in a month of UTC. What is left out has no cap; 0 stops everything.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Caps)]
pub(crate) struct CapsView {
    /// Messages in a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 10_000, maximum = 2_000_000_000_u32)]
    daily_messages: Option<u32>,
    /// Messages in a month.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 200_000, maximum = 2_000_000_000_u32)]
    monthly_messages: Option<u32>,
    /// Money in a day, in millionths of the currency's unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 75_000_000, maximum = 1_000_000_000_000_000_u64)]
    daily_micros: Option<u64>,
    /// Money in a month, in millionths of the currency's unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1_500_000_000, maximum = 1_000_000_000_000_000_u64)]
    monthly_micros: Option<u64>,
    /// The currency of the money (ISO 4217); what is spent in another one does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "EUR")]
    currency: Option<String>,
}

impl CapsView {
    /// The caps.
    ///
    /// # Errors
    /// Every field that breaks its bound.
    pub(super) fn caps(&self) -> Result<Caps, Vec<FieldError>> {
        let mut checks = Checks::default();
        for (field, messages) in [("dailyMessages", self.daily_messages), ("monthlyMessages", self.monthly_messages)] {
            let is_within = messages.is_none_or(|messages| messages <= MOST_MESSAGES);
            checks.require(is_within, field, format!("must be at most {MOST_MESSAGES}"));
        }
        for (field, micros) in [("dailyMicros", self.daily_micros), ("monthlyMicros", self.monthly_micros)] {
            checks.require(micros.is_none_or(|micros| micros <= MOST_MICROS), field, format!("must be at most {MOST_MICROS}"));
        }
        let has_money = self.daily_micros.or(self.monthly_micros).is_some();
        let must = if has_money { "must be given with the money" } else { "must be given with dailyMicros or monthlyMicros" };
        checks.require(has_money == self.currency.is_some(), "currency", must);
        let currency: Option<Currency> = match self.currency.as_deref().map(str::parse::<Currency>).transpose() {
            Ok(currency) => currency,
            Err(error) => {
                checks.push(FieldError::new("currency", error.to_string()));
                None
            }
        };
        checks.finish()?;
        let money = |micros: Option<u64>| micros.zip(currency).map(|(micros, currency)| Price { micros, currency });
        Ok(Caps {
            daily_messages: self.daily_messages,
            monthly_messages: self.monthly_messages,
            daily_money: money(self.daily_micros),
            monthly_money: money(self.monthly_micros),
        })
    }
}

impl From<Caps> for CapsView {
    fn from(caps: Caps) -> Self {
        Self {
            daily_messages: caps.daily_messages,
            monthly_messages: caps.monthly_messages,
            daily_micros: caps.daily_money.map(|price| price.micros),
            monthly_micros: caps.monthly_money.map(|price| price.micros),
            currency: caps.daily_money.or(caps.monthly_money).map(|price| price.currency.code().to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_what_is_shown() {
        let text = r#"{"dailyMessages":0,"monthlyMicros":5000000,"currency":"EUR"}"#;
        let view: CapsView = serde_json::from_str(text).expect("caps");
        let caps = view.caps().expect("within bounds");
        assert_eq!(serde_json::to_string(&CapsView::from(caps)).expect("serialises"), text);
        assert!(serde_json::from_str::<CapsView>("{}").expect("no caps").caps().expect("none").is_empty());
    }

    #[test]
    fn money_has_a_currency_and_bounds() {
        for (text, field) in [
            (r#"{"dailyMicros":1}"#, "currency"),
            (r#"{"currency":"EUR"}"#, "currency"),
            (r#"{"dailyMicros":1,"currency":"Euro"}"#, "currency"),
            (r#"{"dailyMicros":1000000000000001,"currency":"EUR"}"#, "dailyMicros"),
            (r#"{"monthlyMessages":2000000001}"#, "monthlyMessages"),
        ] {
            let view: CapsView = serde_json::from_str(text).expect(text);
            assert_eq!(view.caps().expect_err(text)[0].field, field, "{text}");
        }
    }
}

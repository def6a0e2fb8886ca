//! What a provider charges: whole millionths of a currency unit, so that no sum of them is ever rounded.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Digits behind the decimal point that are kept.
const DIGITS: usize = 6;

/// A currency by its three letters (ISO 4217).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

/// The text is no currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be the three letters of a currency, such as EUR")]
pub struct InvalidCurrency;

impl Currency {
    /// The euro.
    pub const EUR: Self = Self(*b"EUR");

    /// Its three letters.
    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl std::str::FromStr for Currency {
    type Err = InvalidCurrency;

    fn from_str(text: &str) -> Result<Self, InvalidCurrency> {
        let letters: [u8; 3] = text.as_bytes().try_into().map_err(|_| InvalidCurrency)?;
        let is_code = letters.iter().all(u8::is_ascii_alphabetic);
        if is_code { Ok(Self(letters.map(|letter| letter.to_ascii_uppercase()))) } else { Err(InvalidCurrency) }
    }
}

impl TryFrom<String> for Currency {
    type Error = InvalidCurrency;

    fn try_from(text: String) -> Result<Self, InvalidCurrency> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Price {
    /// Millionths of the currency's unit.
    pub micros: u64,
    /// The currency.
    pub currency: Currency,
}

impl Price {
    /// Reads a decimal number as vendors write it. A charge may be written as a negative number; what lies beyond the
    /// sixth digit behind the point is cut off.
    #[must_use]
    pub fn parse(amount: &str, currency: &str) -> Option<Self> {
        Some(Self { micros: micros(amount.trim())?, currency: currency.trim().parse().ok()? })
    }

    /// The price of `count` of it.
    #[must_use]
    pub fn times(self, count: u64) -> Self {
        Self { micros: self.micros.saturating_mul(count), ..self }
    }

    /// The sum, when both are of one currency.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        (self.currency == other.currency).then(|| Self { micros: self.micros.saturating_add(other.micros), ..self })
    }
}

fn micros(amount: &str) -> Option<u64> {
    let amount = amount.strip_prefix(['-', '+']).unwrap_or(amount);
    let (units, part) = amount.split_once('.').unwrap_or((amount, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if units.len() + part.len() == 0 || !is_number(units) || !is_number(part) {
        return None;
    }
    let kept = part.get(..DIGITS.min(part.len()))?;
    let digits = format!("{units}{kept:0<DIGITS$}");
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_vendors_write_is_read_without_rounding() {
        for (text, wanted) in [
            ("0.0075", 7_500),
            ("-0.00750", 7_500),
            ("0.03330000", 33_300),
            ("0.300000125", 300_000),
            ("12", 12_000_000),
            ("12.", 12_000_000),
            (".5", 500_000),
            ("0", 0),
            (" 1.1 ", 1_100_000),
            ("9999999999999.999999", 9_999_999_999_999_999_999),
        ] {
            assert_eq!(Price::parse(text, "EUR").map(|price| price.micros), Some(wanted), "{text}");
        }
        for text in ["", ".", "-", "--1", "1e-7", "1,5", "NaN", "1.-5", "99999999999999999999", "１"] {
            assert_eq!(Price::parse(text, "EUR"), None, "{text}");
        }
    }

    #[test]
    fn a_currency_is_three_letters() {
        assert_eq!("eur".parse(), Ok(Currency::EUR));
        for text in ["", "EU", "EURO", "E1R", "€"] {
            assert_eq!(text.parse::<Currency>(), Err(InvalidCurrency), "{text}");
        }
        let price = Price { micros: 7_500, currency: Currency::EUR };
        assert_eq!(serde_json::to_string(&price).expect("serialises"), r#"{"micros":7500,"currency":"EUR"}"#);
        assert_eq!(serde_json::from_str::<Price>(r#"{"micros":7500,"currency":"EUR"}"#).expect("a price"), price);
    }

    #[test]
    fn prices_of_one_currency_add_up() {
        let cent = Price { micros: 10_000, currency: Currency::EUR };
        assert_eq!(cent.times(3).plus(cent).map(|sum| sum.micros), Some(40_000));
        assert_eq!(cent.plus(Price { currency: "USD".parse().expect("a currency"), ..cent }), None);
    }
}

//! What a number lookup says of a phone number, whether a message reaches it then, and how a tenant has it done.

use serde::{Deserialize, Serialize};

use crate::id::ConnectionId;
use crate::price::Price;

/// What is known of a number. What the provider does not tell is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberFacts {
    /// Whether the number can exist and is in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_valid: Option<bool>,
    /// Whether it can be reached now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_reachable: Option<bool>,
    /// The kind of line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<LineType>,
    /// The country of its network: three digits (ITU-T E.212).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mcc: Option<String>,
    /// Its network in that country: two or three digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mnc: Option<String>,
    /// Whether it moved to another network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_ported: Option<bool>,
    /// Whether it is abroad.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_roaming: Option<bool>,
}

/// Kinds of lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineType {
    /// A mobile phone.
    Mobile,
    /// A fixed line: takes calls only.
    Landline,
    /// A number of an Internet telephony service.
    Voip,
    /// A number that costs its caller nothing.
    TollFree,
    /// A number that costs its caller more: nobody's own.
    Premium,
    /// Anything else.
    Other,
}

/// Whether a message reaches a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Nobody knows.
    Unknown,
    /// It does.
    Reachable,
    /// It does not.
    NotReachable,
}

impl NumberFacts {
    /// Whether an SMS reaches the number.
    #[must_use]
    pub fn reach_of_sms(&self) -> Reach {
        let takes_none = matches!(self.line, Some(LineType::Landline | LineType::TollFree | LineType::Premium));
        if self.is_valid == Some(false) || self.is_reachable == Some(false) || takes_none {
            return Reach::NotReachable;
        }
        let takes_some = matches!(self.line, Some(LineType::Mobile));
        if self.is_reachable == Some(true) || takes_some { Reach::Reachable } else { Reach::Unknown }
    }
}

/// How a tenant has numbers looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberLookup {
    /// The connection that is asked.
    pub connection: ConnectionId,
    /// How long an answer is believed, in seconds.
    pub cache_seconds: u32,
    /// How long a send waits for one, in milliseconds.
    pub deadline_ms: u32,
    /// What an answer costs.
    pub price: Option<Price>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_nothing_against_a_number_says_nothing_for_it_either() {
        let facts = |is_valid, is_reachable, line| NumberFacts { is_valid, is_reachable, line, ..NumberFacts::default() };
        for (facts, reach) in [
            (NumberFacts::default(), Reach::Unknown),
            (facts(Some(true), None, None), Reach::Unknown),
            (facts(Some(true), None, Some(LineType::Voip)), Reach::Unknown),
            (facts(Some(true), None, Some(LineType::Mobile)), Reach::Reachable),
            (facts(None, Some(true), None), Reach::Reachable),
            (facts(None, Some(false), Some(LineType::Mobile)), Reach::NotReachable),
            (facts(Some(false), None, None), Reach::NotReachable),
            (facts(Some(true), None, Some(LineType::Landline)), Reach::NotReachable),
            (facts(Some(true), Some(true), Some(LineType::Premium)), Reach::NotReachable),
        ] {
            assert_eq!(facts.reach_of_sms(), reach, "{facts:?}");
        }
    }
}

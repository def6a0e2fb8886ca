//! What a number lookup says of a phone number.

use serde::{Deserialize, Serialize};

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

//! Settings of 8x8.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ProviderKind;
use super::describe::{address, kind, optional, secret, text};
use super::secret::{Hidden, Secret};
use crate::channel::Channel;

const BASE_URL: &str = "https://sms.8x8.com";
const VOICE_URL: &str = "https://voice.8x8.com";

/// An 8x8 subaccount.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EightXEight {
    /// The address of the SMS API, which differs by region.
    #[serde(default = "base_url")]
    pub base_url: String,
    /// The address of the voice API.
    #[serde(default = "voice_url")]
    pub voice_url: String,
    /// The subaccount.
    pub sub_account_id: String,
    /// An API key.
    pub api_key: Secret,
    /// The sender when neither template nor request name one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
    /// The number that calls come from; without it, calls need a sender of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<String>,
}

fn base_url() -> String {
    BASE_URL.into()
}

fn voice_url() -> String {
    VOICE_URL.into()
}

impl ProviderKind for EightXEight {
    fn kind(&self) -> &'static str {
        "8x8"
    }

    fn carries(&self, channel: Channel) -> bool {
        matches!(channel, Channel::Sms | Channel::Voice)
    }

    fn place(&self) -> String {
        format!("{} {}", self.base_url, self.voice_url)
    }

    fn hidden(&mut self) -> Vec<Hidden<'_>> {
        vec![Hidden::secret("api_key", &mut self.api_key)]
    }

    fn schema() -> Value {
        kind(
            "8x8",
            "8x8: carries SMS and voice.",
            &["sub_account_id", "api_key"],
            json!({
                "base_url": address("The address of the SMS API, which differs by region, such as https://sms.us.8x8.com.", BASE_URL),
                "voice_url": address("The address of the voice API.", VOICE_URL),
                "sub_account_id": text("The subaccount."),
                "api_key": secret("An API key."),
                "sender": optional("The sender of SMS when neither template nor request name one."),
                "caller": optional("The number that calls come from when neither template nor request name one.")
            }),
        )
    }
}

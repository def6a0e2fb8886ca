//! Settings of Infobip.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ProviderKind;
use super::describe::{address, kind, optional, secret};
use super::secret::{Hidden, Secret};
use crate::channel::Channel;

const BASE_URL: &str = "https://api.infobip.com";

/// An Infobip account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Infobip {
    /// The account's own address, or the common one.
    #[serde(default = "base_url")]
    pub base_url: String,
    /// An API key.
    pub api_key: Secret,
    /// The sender of SMS and calls when neither template nor request name one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
    /// The sender of e-mail when neither template nor request name one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_from: Option<String>,
}

fn base_url() -> String {
    BASE_URL.into()
}

impl ProviderKind for Infobip {
    fn kind(&self) -> &'static str {
        "infobip"
    }

    fn carries(&self, channel: Channel) -> bool {
        matches!(channel, Channel::Sms | Channel::Voice | Channel::Email)
    }

    fn looks_up(&self) -> bool {
        true
    }

    fn place(&self) -> String {
        self.base_url.clone()
    }

    fn hidden(&mut self) -> Vec<Hidden<'_>> {
        vec![Hidden::secret("api_key", &mut self.api_key)]
    }

    fn schema() -> Value {
        kind(
            "infobip",
            "Infobip: carries SMS, voice and e-mail; looks numbers up.",
            &["api_key"],
            json!({
                "base_url": address("The account's own address, such as https://xyz.api.infobip.com.", BASE_URL),
                "api_key": secret("An API key."),
                "sender": optional("The sender of SMS and calls when neither template nor request name one. Calls need a number."),
                "email_from": optional("The sender of e-mail when neither template nor request name one.")
            }),
        )
    }
}

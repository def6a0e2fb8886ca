//! Settings of Smstools.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ProviderKind;
use super::describe::{address, kind, optional, secret, text};
use super::secret::{Hidden, Secret};
use crate::channel::Channel;

const BASE_URL: &str = "https://api.smstools.com/v1";

/// A Smstools account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Smstools {
    /// The API's address, with its version.
    #[serde(default = "base_url")]
    pub base_url: String,
    /// The client's id.
    pub client_id: String,
    /// The client's secret.
    pub client_secret: Secret,
    /// The sender when neither template nor request name one: at most 14 digits or 11 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
    /// The secret of the account's webhook; with it, receipts without its signature are refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook_secret: Option<Secret>,
}

fn base_url() -> String {
    BASE_URL.into()
}

impl ProviderKind for Smstools {
    fn kind(&self) -> &'static str {
        "smstools"
    }

    fn carries(&self, channel: Channel) -> bool {
        matches!(channel, Channel::Sms | Channel::Voice)
    }

    fn place(&self) -> String {
        self.base_url.clone()
    }

    fn hidden(&mut self) -> Vec<Hidden<'_>> {
        let mut hidden = vec![Hidden::secret("client_secret", &mut self.client_secret)];
        hidden.extend(self.webhook_secret.iter_mut().map(|webhook| Hidden::secret("webhook_secret", webhook)));
        hidden
    }

    fn schema() -> Value {
        kind(
            "smstools",
            "Smstools: carries SMS, and voice in English, Dutch, French and German.",
            &["client_id", "client_secret"],
            json!({
                "base_url": address("The API's address, with its version.", BASE_URL),
                "client_id": text("The client's id."),
                "client_secret": secret("The client's secret."),
                "sender": optional("The sender when neither template nor request name one: at most 14 digits or 11 characters."),
                "webhook_secret": optional("The secret of the account's webhook; with it, receipts without its signature are refused. Never shown.")
            }),
        )
    }
}

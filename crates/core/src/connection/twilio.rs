//! Settings of Twilio.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ProviderKind;
use super::describe::{address, kind, optional, secret, text};
use super::secret::{Hidden, Secret};
use crate::channel::Channel;

const BASE_URL: &str = "https://api.twilio.com";
const LOOKUP_URL: &str = "https://lookups.twilio.com";

/// A Twilio account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Twilio {
    /// The API's address, which differs by region.
    #[serde(default = "base_url")]
    pub base_url: String,
    /// The address of the lookup API.
    #[serde(default = "lookup_url")]
    pub lookup_url: String,
    /// The account.
    pub account_sid: String,
    /// The account's token: requests are made with it unless there is an API key, and receipts are checked by it.
    pub auth_token: Secret,
    /// An API key to make requests with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key_sid: Option<String>,
    /// The API key's secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key_secret: Option<Secret>,
    /// The sender when neither template nor request name one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
    /// A messaging service that picks the sender of a text when nothing else names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messaging_service_sid: Option<String>,
    /// How texts go.
    #[serde(default)]
    pub service: TwilioService,
    /// The approved WhatsApp template; its first variable becomes the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_sid: Option<String>,
}

/// How Twilio carries a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TwilioService {
    /// As an SMS.
    #[default]
    Sms,
    /// As a WhatsApp message.
    Whatsapp,
}

fn base_url() -> String {
    BASE_URL.into()
}

fn lookup_url() -> String {
    LOOKUP_URL.into()
}

impl ProviderKind for Twilio {
    fn kind(&self) -> &'static str {
        "twilio"
    }

    fn carries(&self, channel: Channel) -> bool {
        match channel {
            Channel::Sms => true,
            Channel::Voice => self.service == TwilioService::Sms,
            _ => false,
        }
    }

    fn looks_up(&self) -> bool {
        true
    }

    fn place(&self) -> String {
        format!("{} {}", self.base_url, self.lookup_url)
    }

    fn hidden(&mut self) -> Vec<Hidden<'_>> {
        let mut hidden = vec![Hidden::secret("auth_token", &mut self.auth_token)];
        hidden.extend(self.api_key_secret.iter_mut().map(|key| Hidden::secret("api_key_secret", key)));
        hidden
    }

    fn schema() -> Value {
        kind(
            "twilio",
            "Twilio: carries SMS and voice, or WhatsApp in the place of SMS; looks numbers up.",
            &["account_sid", "auth_token"],
            json!({
                "base_url": address("The API's address, which differs by region.", BASE_URL),
                "lookup_url": address("The address of the lookup API.", LOOKUP_URL),
                "account_sid": text("The account, AC…"),
                "auth_token": secret("The account's token: requests are made with it unless there is an API key, and receipts are checked by it."),
                "api_key_sid": optional("An API key to make requests with, SK…"),
                "api_key_secret": optional("The API key's secret. Never shown."),
                "sender": optional("The sender when neither template nor request name one."),
                "messaging_service_sid": optional("A messaging service that picks the sender of a text when nothing else names one, MG…"),
                "service": { "type": "string", "enum": ["sms", "whatsapp"], "default": "sms", "description": "How texts go. A connection for WhatsApp is routed as SMS." },
                "content_sid": optional("The approved WhatsApp template, HX…; its first variable becomes the text, so that a message template of nothing but the PIN fits an authentication template.")
            }),
        )
    }
}

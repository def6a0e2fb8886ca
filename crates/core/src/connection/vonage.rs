//! Settings of Vonage.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ProviderKind;
use super::describe::{address, kind, optional};
use super::secret::{Hidden, Secret};
use crate::channel::Channel;

const BASE_URL: &str = "https://api.nexmo.com";
const REST_URL: &str = "https://rest.nexmo.com";

/// A Vonage account. Its key and secret carry SMS; its application and private key carry voice, and SMS by the
/// Messages API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vonage {
    /// The address of the Messages and Voice APIs, which differs by region.
    #[serde(default = "base_url")]
    pub base_url: String,
    /// The address of the SMS API.
    #[serde(default = "rest_url")]
    pub rest_url: String,
    /// Which API carries SMS.
    #[serde(default)]
    pub sms_api: VonageSmsApi,
    /// The account's key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key: Option<String>,
    /// The account's secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_secret: Option<Secret>,
    /// The application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application_id: Option<String>,
    /// The application's private key (RSA, PEM).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_key: Option<Secret>,
    /// The secret that Vonage signs its webhooks with; with it, receipts without its signature are refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature_secret: Option<Secret>,
    /// The sender when neither template nor request name one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
}

/// The APIs by which Vonage takes SMS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VonageSmsApi {
    /// The SMS API, whose answers have a price.
    #[default]
    Sms,
    /// The Messages API.
    Messages,
}

fn base_url() -> String {
    BASE_URL.into()
}

fn rest_url() -> String {
    REST_URL.into()
}

impl Vonage {
    /// Whether it can speak as an application.
    #[must_use]
    pub fn has_application(&self) -> bool {
        self.application_id.is_some() && self.private_key.is_some()
    }

    /// Whether it can speak as an account.
    #[must_use]
    pub fn has_account(&self) -> bool {
        self.api_key.is_some() && self.api_secret.is_some()
    }
}

impl ProviderKind for Vonage {
    fn kind(&self) -> &'static str {
        "vonage"
    }

    fn carries(&self, channel: Channel) -> bool {
        match channel {
            Channel::Sms => self.has_account() || (self.sms_api == VonageSmsApi::Messages && self.has_application()),
            Channel::Voice => self.has_application(),
            _ => false,
        }
    }

    fn place(&self) -> String {
        format!("{} {}", self.base_url, self.rest_url)
    }

    fn hidden(&mut self) -> Vec<Hidden<'_>> {
        let secrets = [
            ("api_secret", &mut self.api_secret),
            ("private_key", &mut self.private_key),
            ("signature_secret", &mut self.signature_secret),
        ];
        secrets.into_iter().filter_map(|(field, secret)| Some(Hidden::secret(field, secret.as_mut()?))).collect()
    }

    fn schema() -> Value {
        kind(
            "vonage",
            "Vonage: carries SMS with a key and its secret, and voice with an application and its private key.",
            &[],
            json!({
                "base_url": address("The address of the Messages and Voice APIs, which differs by region.", BASE_URL),
                "rest_url": address("The address of the SMS API.", REST_URL),
                "sms_api": { "type": "string", "enum": ["sms", "messages"], "default": "sms", "description": "Which API carries SMS." },
                "api_key": optional("The account's key."),
                "api_secret": optional("The account's secret. Never shown."),
                "application_id": optional("The application."),
                "private_key": optional("The application's private key (RSA, PEM). Never shown."),
                "signature_secret": optional("The secret that Vonage signs its webhooks with; with it, receipts without its signature are refused. Never shown."),
                "sender": optional("The sender when neither template nor request name one.")
            }),
        )
    }
}

//! Settings of IPROG SMS.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ProviderKind;
use super::describe::{address, kind, secret};
use super::secret::{Hidden, Secret};
use crate::channel::Channel;

const BASE_URL: &str = "https://www.iprogsms.com/api/v1";

/// An IPROG SMS account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Iprog {
    /// The API's address, with its version.
    #[serde(default = "base_url")]
    pub base_url: String,
    /// The API token.
    pub api_token: Secret,
    /// Which of the vendor's own ways is taken, 0 to 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sms_provider: Option<u8>,
}

fn base_url() -> String {
    BASE_URL.into()
}

impl ProviderKind for Iprog {
    fn kind(&self) -> &'static str {
        "iprog"
    }

    fn carries(&self, channel: Channel) -> bool {
        channel == Channel::Sms
    }

    fn is_polled(&self) -> bool {
        true
    }

    fn place(&self) -> String {
        self.base_url.clone()
    }

    fn hidden(&mut self) -> Vec<Hidden<'_>> {
        vec![Hidden::secret("api_token", &mut self.api_token)]
    }

    fn schema() -> Value {
        kind(
            "iprog",
            "IPROG SMS: carries SMS. The sender is the vendor's.",
            &["api_token"],
            json!({
                "base_url": address("The API's address, with its version.", BASE_URL),
                "api_token": secret("The API token."),
                "sms_provider": { "type": ["integer", "null"], "minimum": 0, "maximum": 2, "description": "Which of the vendor's own ways is taken." }
            }),
        )
    }
}

//! Settings of Web Push (RFC 8030): the sender's own key pair. Where messages go is the recipients'.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ProviderKind;
use super::describe::{kind, text};
use super::secret::{Hidden, Secret};
use crate::channel::Channel;

/// Who sends to browsers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebPush {
    /// Whom a push service may write to about the messages: a `mailto:` or `https:` address.
    pub subject: String,
    /// The private key of the pair whose public key browsers subscribed with (VAPID, RFC 8292), 32 bytes in base64url.
    pub private_key: Secret,
}

impl ProviderKind for WebPush {
    fn kind(&self) -> &'static str {
        "web_push"
    }

    fn carries(&self, channel: Channel) -> bool {
        channel == Channel::Push
    }

    fn hidden(&mut self) -> Vec<Hidden<'_>> {
        vec![Hidden::secret("private_key", &mut self.private_key)]
    }

    fn schema() -> Value {
        kind(
            "web_push",
            "Web Push: carries push messages to browsers, over the push service that each subscribed to.",
            &["subject", "private_key"],
            json!({
                "subject": text("Whom a push service may write to about the messages: a `mailto:` or `https:` address."),
                "private_key": text("The private key of the pair whose public key browsers subscribed with (VAPID), 32 bytes in base64url. Never shown.")
            }),
        )
    }
}

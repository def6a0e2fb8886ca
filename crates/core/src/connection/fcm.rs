//! Settings of Firebase Cloud Messaging, HTTP v1: a service account, by the names of its key file.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ProviderKind;
use super::describe::{kind, text};
use super::secret::{Hidden, Secret};
use crate::channel::Channel;

/// Who sends to apps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fcm {
    /// The Firebase project.
    pub project_id: String,
    /// The service account.
    pub client_email: String,
    /// Its private key, in PEM.
    pub private_key: Secret,
    /// Where access tokens come from.
    #[serde(default = "token_uri")]
    pub token_uri: String,
    /// Where messages go.
    #[serde(default = "base_url")]
    pub base_url: String,
}

fn token_uri() -> String {
    "https://oauth2.googleapis.com/token".into()
}

fn base_url() -> String {
    "https://fcm.googleapis.com".into()
}

impl ProviderKind for Fcm {
    fn kind(&self) -> &'static str {
        "fcm"
    }

    fn carries(&self, channel: Channel) -> bool {
        channel == Channel::Push
    }

    fn place(&self) -> String {
        format!("{} {}", self.token_uri, self.base_url)
    }

    fn hidden(&mut self) -> Vec<Hidden<'_>> {
        vec![Hidden::secret("private_key", &mut self.private_key)]
    }

    fn schema() -> Value {
        let url =
            |default: String, description: &str| json!({ "type": "string", "default": default, "description": description });
        kind(
            "fcm",
            "Firebase Cloud Messaging: carries push messages to apps. The fields are those of a service account's key file.",
            &["project_id", "client_email", "private_key"],
            json!({
                "project_id": text("The Firebase project."),
                "client_email": text("The service account."),
                "private_key": text("Its private key, in PEM. Never shown."),
                "token_uri": url(token_uri(), "Where access tokens come from."),
                "base_url": url(base_url(), "Where messages go.")
            }),
        )
    }
}

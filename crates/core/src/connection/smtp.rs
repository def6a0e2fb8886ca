//! Settings of an SMTP server.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ProviderKind;
use super::describe::{kind, optional, text};
use super::secret::{Hidden, Secret};
use crate::channel::Channel;

/// How an SMTP server is reached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Smtp {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How the connection is protected.
    #[serde(default)]
    pub security: SmtpSecurity,
    /// User name, when the server asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// The sender when neither template nor request name one.
    pub from: String,
}

/// Protection of an SMTP connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmtpSecurity {
    /// STARTTLS, required.
    #[default]
    Starttls,
    /// TLS from the first byte.
    Tls,
    /// None: for loopback and tests.
    None,
}

impl ProviderKind for Smtp {
    fn kind(&self) -> &'static str {
        "smtp"
    }

    fn carries(&self, channel: Channel) -> bool {
        channel == Channel::Email
    }

    fn place(&self) -> String {
        format!("{:?} {}:{}", self.security, self.host, self.port)
    }

    fn hidden(&mut self) -> Vec<Hidden<'_>> {
        self.password.iter_mut().map(|password| Hidden::secret("password", password)).collect()
    }

    fn schema() -> Value {
        kind(
            "smtp",
            "An SMTP server: carries e-mail.",
            &["host", "port", "from"],
            json!({
                "host": text("Host name or address."),
                "port": { "type": "integer", "minimum": 1, "maximum": 65535 },
                "security": { "type": "string", "enum": ["starttls", "tls", "none"], "default": "starttls", "description": "`none` is for development." },
                "username": optional("User name, when the server asks for one."),
                "password": optional("Password. Never shown."),
                "from": text("The sender when neither template nor request name one.")
            }),
        )
    }
}

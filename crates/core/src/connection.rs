//! Provider connections: a tenant's own way to a provider, and the route that a channel takes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::channel::Channel;
use crate::id::ConnectionId;

/// A provider connection, with its credentials opened.
#[derive(Debug, Clone, PartialEq)]
pub struct Connection {
    /// Its id.
    pub id: ConnectionId,
    /// Its name.
    pub name: String,
    /// Whether it may be used.
    pub is_enabled: bool,
    /// What it talks to.
    pub provider: Provider,
}

/// The kinds of providers, each with its settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Provider {
    /// The simulated phone.
    Simulator {},
    /// An SMTP server.
    Smtp(Smtp),
    /// Any HTTP API, described by a templated request.
    Http(Http),
}

impl Provider {
    /// The kind's name, for metrics and the system of record.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Simulator {} => "simulator",
            Self::Smtp(_) => "smtp",
            Self::Http(_) => "http",
        }
    }

    /// The channels it can carry.
    #[must_use]
    pub fn carries(&self, channel: Channel) -> bool {
        match self {
            Self::Simulator {} => true,
            Self::Smtp(_) => channel == Channel::Email,
            Self::Http(_) => channel != Channel::Email,
        }
    }
}

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
    pub password: Option<String>,
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

/// A request to an HTTP API. Values of headers, query and body may contain `{{to}}`, `{{from}}`, `{{text}}`,
/// `{{language}}`, `{{reference}}`, `{{channel}}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// The address, `https` outside loopback.
    pub url: String,
    /// The method.
    #[serde(default)]
    pub method: Method,
    /// Headers, such as the API's credential.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Query parameters.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub query: BTreeMap<String, String>,
    /// The body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<HttpBody>,
    /// When an answer means that the message was accepted.
    #[serde(default)]
    pub success: SuccessRule,
    /// Where the provider's message id stands in a JSON answer, as a JSON pointer (RFC 6901).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_pointer: Option<String>,
}

/// The method of a templated request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// `POST`
    #[default]
    Post,
    /// `GET`
    Get,
    /// `PUT`
    Put,
}

/// The body of a templated request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HttpBody {
    /// JSON, with placeholders inside its strings.
    Json(serde_json::Value),
    /// A form.
    Form(BTreeMap<String, String>),
}

/// When an HTTP answer means success: a 2xx status and, when given, a value in the JSON body.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuccessRule {
    /// The place of the value, as a JSON pointer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// What it must equal; without it, it must merely be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equals: Option<serde_json::Value>,
}

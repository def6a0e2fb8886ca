//! The simulated phone: takes every channel's messages over a small HTTP API.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use http::{Method, Uri};
use pinfold_core::channel::Channel;
use pinfold_core::field::Checks;
use pinfold_core::id::TenantId;
use serde::Serialize;

use crate::address::Addresses;
use crate::client::{self, Client, Rule};
use crate::connector::{Connector, InvalidConnection};
use crate::kinds::{Kind, Parts};
use crate::outcome::Outcome;
use crate::outgoing::Outgoing;
use crate::settings::SimulatorEndpoint;

/// The kind, which has no settings.
pub(crate) struct Phone;

impl Kind for Phone {
    fn check(&self, _: Addresses, _: &mut Checks) {}

    fn build(&self, parts: &Parts<'_>) -> Result<Arc<dyn Connector>, InvalidConnection> {
        let (endpoint, client) = parts.connectors.phone()?;
        let simulator = Simulator::new(endpoint, client, parts.name, parts.deadline);
        Ok(Arc::new(simulator.ok_or(InvalidConnection::new("the simulator's address cannot be used"))?))
    }
}

struct Simulator {
    client: Client,
    uri: Uri,
    token: Arc<dyn Fn() -> String + Send + Sync>,
    sent_by: String,
    rule: Rule,
    deadline: Duration,
}

#[derive(Serialize)]
struct Message<'a> {
    reference: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<TenantId>,
    channel: Channel,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    to: &'a str,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    language: &'static str,
    sent_by: &'a str,
}

impl Simulator {
    /// `None` when the address cannot be used.
    fn new(endpoint: &SimulatorEndpoint, client: Client, sent_by: &str, deadline: Duration) -> Option<Self> {
        let mut url = endpoint.url.clone();
        url.path_segments_mut().ok()?.pop_if_empty().extend(["api", "messages"]);
        Some(Self {
            client,
            uri: client::uri(&url)?,
            token: Arc::clone(&endpoint.token),
            sent_by: sent_by.to_owned(),
            rule: Rule { id_pointer: Some("/id".into()), ..Rule::default() },
            deadline,
        })
    }
}

#[async_trait]
impl Connector for Simulator {
    async fn deliver(&self, message: &Outgoing<'_>) -> Outcome {
        let body = Message {
            reference: message.reference,
            tenant: message.tenant,
            channel: message.channel,
            from: message.from,
            to: message.recipient.text(),
            text: message.text,
            subject: message.subject,
            language: message.language.code(),
            sent_by: &self.sent_by,
        };
        let Ok(mut token) = HeaderValue::try_from(format!("Bearer {}", (self.token)())) else {
            return Outcome::permanent("invalid_header");
        };
        token.set_sensitive(true);
        let headers = [(AUTHORIZATION, token), (CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        let body = serde_json::to_vec(&body).expect("strings serialise");
        let request = client::request(Method::POST, self.uri.clone(), HeaderMap::from_iter(headers), body);
        client::exchange(&self.client, request, self.deadline, &self.rule).await
    }
}

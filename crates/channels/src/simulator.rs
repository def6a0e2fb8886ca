//! The simulated phone: takes every channel's messages over a small HTTP API.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use pinfold_core::channel::Channel;
use pinfold_core::field::Checks;
use pinfold_core::id::TenantId;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Method, Request};
use serde::Serialize;
use url::Url;

use crate::address::Addresses;
use crate::client::{self, Rule};
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
    url: Url,
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
    /// `None` when the address cannot have a path.
    fn new(endpoint: &SimulatorEndpoint, client: Client, sent_by: &str, deadline: Duration) -> Option<Self> {
        let mut url = endpoint.url.clone();
        url.path_segments_mut().ok()?.pop_if_empty().extend(["api", "messages"]);
        Some(Self {
            client,
            url,
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
        let mut request = Request::new(Method::POST, self.url.clone());
        request.headers_mut().insert(AUTHORIZATION, token);
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *request.body_mut() = Some(serde_json::to_vec(&body).expect("strings serialise").into());
        client::exchange(&self.client, request, self.deadline, &self.rule).await
    }
}

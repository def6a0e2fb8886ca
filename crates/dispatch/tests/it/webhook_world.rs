//! Endpoints of tenants, receivers behind them, and a verifier that is not ours.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use pinfold_core::channel::Channel;
use pinfold_core::event::{Detail, Event, Kind};
use pinfold_core::id::{MessageId, PinId, TenantId, WebhookEndpointId};
use pinfold_core::webhook::{WebhookSecret, WebhookType};
use pinfold_http::clock::now_ms;
use pinfold_postgres::{NewWebhookEndpoint, WebhookMessages};
use pinfold_testkit::{HttpPeer, Received};
use secrecy::ExposeSecret;

use crate::world::World;

/// An endpoint of a tenant.
pub struct Endpoint {
    pub tenant: TenantId,
    pub id: WebhookEndpointId,
    pub secret: WebhookSecret,
}

impl World {
    /// A new endpoint of the tenant that wants everything.
    pub async fn endpoint(&self, tenant: TenantId, url: &str) -> Endpoint {
        let (id, secret) = (WebhookEndpointId::random(), WebhookSecret::generate());
        let types = WebhookType::ALL.iter().map(|known| known.name()).collect();
        let new = NewWebhookEndpoint { id, url: url.to_owned(), description: String::new(), types, format: Default::default() };
        let snapshot = self.snapshots.tenant(tenant).await.unwrap().unwrap();
        let endpoints = self.database.tenant(tenant).webhook_endpoints();
        endpoints.create(new, &secret, &snapshot.keys, 100).await.unwrap().unwrap();
        Endpoint { tenant, id, secret }
    }

    pub fn told(&self, endpoint: &Endpoint) -> WebhookMessages<'_> {
        self.database.tenant(endpoint.tenant).webhook_messages(endpoint.id)
    }

    /// Records that so many PINs of a tenant were sent.
    pub async fn record_sent(&self, tenant: TenantId, count: usize) {
        let now = now_ms();
        let events: Vec<_> = (0..count)
            .map(|_| {
                let pin = PinId::random();
                let event = Event {
                    kind: Kind::Sent,
                    channel: Channel::Sms,
                    at_ms: now,
                    created_ms: now,
                    expires_ms: now + 300_000,
                    tenant,
                    pin,
                    message: MessageId::random(),
                    subject: [1; 12],
                    detail: Detail { delivery: Some(1), ..Detail::default() },
                };
                (format!("test-{pin}"), event)
            })
            .collect();
        for batch in events.chunks(500) {
            self.database.record(batch).await.unwrap();
        }
    }

    /// States and last outcomes of an endpoint's messages, with how many there are.
    pub fn outcomes(&self, endpoint: &Endpoint) -> String {
        self.read(&format!(
            "SELECT string_agg(line, ' ' ORDER BY line) FROM (SELECT concat_ws(':', status, last_outcome, count(*)) AS line \
             FROM webhook_messages WHERE endpoint_id = '{}' GROUP BY status, last_outcome) AS lines",
            endpoint.id
        ))
    }
}

/// The ids that a receiver saw, and how often.
pub fn ids(receiver: &HttpPeer) -> HashMap<String, usize> {
    receiver.received().iter().fold(HashMap::new(), |mut seen, request| {
        *seen.entry(request.header("webhook-id").unwrap().to_owned()).or_default() += 1;
        seen
    })
}

/// What the reference implementation of Standard Webhooks in Python says of requests: whether all of them verify.
pub fn reference_accepts(requests: &[Received], secret: &WebhookSecret) -> bool {
    const SCRIPT: &str = "
import json, sys
from standardwebhooks import Webhook, WebhookVerificationError
given = json.load(sys.stdin)
for one in given['requests']:
    try:
        Webhook(given['secret']).verify(one['body'], one['headers'])
    except WebhookVerificationError:
        sys.exit(1)
";
    let requests: Vec<_> = requests
        .iter()
        .map(|request| {
            let headers: HashMap<_, _> = request.headers.iter().cloned().collect();
            serde_json::json!({ "body": String::from_utf8_lossy(&request.body), "headers": headers })
        })
        .collect();
    let given = serde_json::json!({ "secret": secret.text().expose_secret(), "requests": requests });
    run(Command::new(python()).args(["-c", SCRIPT]), &given.to_string())
}

/// Whether a program ends well when it is given this.
pub fn run(command: &mut Command, input: &str) -> bool {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait().unwrap().success()
}

/// The interpreter with the tests' packages.
pub fn python() -> std::path::PathBuf {
    let venv = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.dev/venv/bin/python");
    std::env::var_os("PINFOLD_TEST_PYTHON").map_or_else(venv, Into::into)
}

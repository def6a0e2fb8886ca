//! Push messages to apps, over Firebase Cloud Messaging (HTTP v1).
//!
//! A service account signs for an access token, which serves all messages until shortly before it ends. Answers are judged by the
//! error code of FCM, not by the status alone: a token of an app that is gone is no fault of the connection.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use http::{Method, Uri};
use pinfold_core::channel::Channel;
use pinfold_core::connection;
use pinfold_core::field::Checks;
use pinfold_core::push::PushAddress;
use pinfold_core::recipient::Recipient;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::address::Addresses;
use crate::client::{self, Answer, Client};
use crate::connector::{Connector, InvalidConnection};
use crate::kinds::{Kind, Parts};
use crate::outcome::Outcome;
use crate::outgoing::Outgoing;
use crate::{check, vendor};

mod access;

use access::Access;

/// The life of a message whose PIN says nothing of its own.
const USUAL_SECONDS: u64 = 300;
/// How long FCM wants to be left alone when it has too much and does not say for how long.
const QUOTA: Duration = Duration::from_secs(60);

struct Fcm {
    client: Client,
    uri: Uri,
    access: Access,
    clock: fn() -> u64,
    deadline: Duration,
}

impl Kind for connection::Fcm {
    fn check(&self, addresses: Addresses, checks: &mut Checks) {
        check::url("token_uri", &self.token_uri, addresses, checks);
        check::url("base_url", &self.base_url, addresses, checks);
        check::line("client_email", &self.client_email, checks);
        let is_project = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte));
        let id = &self.project_id;
        checks.require((1..=100).contains(&id.len()) && is_project(id), "project_id", "must be the id of a Firebase project");
        checks.require(access::key(self.private_key.expose()).is_some(), "private_key", "must be an RSA private key in PEM");
    }

    fn build(&self, parts: &Parts<'_>) -> Result<Arc<dyn Connector>, InvalidConnection> {
        let send = format!("{}/messages:send", self.project_id);
        let base = vendor::below(&self.base_url, &["v1", "projects"])?;
        let uri = Uri::try_from(format!("{base}/{send}")).map_err(|_| InvalidConnection::new("the base_url cannot be used"))?;
        let access = Access::new(self, parts.clock).ok_or(InvalidConnection::new("the private key cannot be used"))?;
        Ok(Arc::new(Fcm { client: parts.client(), uri, access, clock: parts.clock, deadline: parts.deadline }))
    }
}

impl Fcm {
    fn message(&self, message: &Outgoing<'_>, token: &str) -> Value {
        let now_ms = (self.clock)();
        let seconds = vendor::seconds_left(message, now_ms).unwrap_or(USUAL_SECONDS);
        let mut notification = json!({ "body": message.text });
        if let Some(title) = message.subject {
            notification["title"] = title.into();
        }
        json!({ "message": {
            "token": token,
            "notification": notification,
            "android": { "priority": "HIGH", "ttl": format!("{seconds}s") },
            "apns": { "headers": { "apns-priority": "10", "apns-expiration": (now_ms / 1000 + seconds).to_string() } },
            "webpush": { "headers": { "TTL": seconds.to_string(), "Urgency": "high" } }
        }})
    }

    async fn send(&self, body: &Value, until: Instant) -> Result<Answer, Outcome> {
        let token = self.access.token(&self.client, until).await?;
        let headers = [(AUTHORIZATION, token), (CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        let request = client::request(Method::POST, self.uri.clone(), HeaderMap::from_iter(headers), body.to_string());
        client::ask(&self.client, request, until.duration_since(Instant::now()), |_| true).await
    }
}

#[async_trait]
impl Connector for Fcm {
    async fn deliver(&self, message: &Outgoing<'_>) -> Outcome {
        let until = Instant::now() + self.deadline;
        let (Channel::Push, Recipient::Push(PushAddress::Fcm(to))) = (message.channel, message.recipient) else {
            return Outcome::permanent("wrong_channel");
        };
        let body = self.message(message, to.token());
        let mut answer = match self.send(&body, until).await {
            Ok(answer) => answer,
            Err(outcome) => return outcome,
        };
        if answer.status.as_u16() == 401 {
            // The token was taken back before its time: one more attempt with a new one.
            self.access.forget().await;
            answer = match self.send(&body, until).await {
                Ok(answer) => answer,
                Err(outcome) => return outcome,
            };
        }
        judge(&answer)
    }
}

/// What an answer means.
fn judge(answer: &Answer) -> Outcome {
    let json = answer.json();
    if answer.status.is_success() {
        return match json {
            // `projects/{project}/messages/{id}`
            Ok(json) => Outcome::accepted(json["name"].as_str().and_then(|name| client::id(&name.rsplit('/').next()?.into()))),
            Err(reason) => Outcome::unknown(reason),
        };
    }
    let json = json.unwrap_or_default();
    let details = json["error"]["details"].as_array();
    let code = details.and_then(|details| details.iter().find_map(|detail| detail["errorCode"].as_str()));
    match (code.or(json["error"]["status"].as_str()), answer.status.as_u16()) {
        (Some("UNREGISTERED"), _) => Outcome::permanent("subscription_gone"),
        (Some("SENDER_ID_MISMATCH"), _) => Outcome::permanent("recipient_foreign"),
        (Some("QUOTA_EXCEEDED" | "RESOURCE_EXHAUSTED"), _) | (_, 429) => {
            Outcome::Temporary { reason: "fcm_quota_exceeded".into(), retry_after: answer.retry_after().or(Some(QUOTA)) }
        }
        (Some("INVALID_ARGUMENT"), _) => Outcome::permanent("fcm_invalid_argument"),
        (Some("THIRD_PARTY_AUTH_ERROR"), _) | (_, 401 | 403) => Outcome::permanent("credentials_refused"),
        (Some("NOT_FOUND"), 404) => Outcome::permanent("project_unknown"),
        _ => answer.failed(),
    }
}

#[cfg(test)]
mod tests {
    use pinfold_core::connection::Provider;
    use serde_json::{Value, json};

    #[test]
    fn a_service_account_is_checked() {
        let broken = |changes: Value| {
            let mut provider = json!({"kind": "fcm", "project_id": "my-project", "client_email": "push@p.example.com",
                "private_key": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"});
            provider.as_object_mut().expect("an object").extend(changes.as_object().expect("an object").clone());
            let provider: Provider = serde_json::from_value(provider).expect("a provider");
            let errors = crate::check(&provider, false).err().unwrap_or_default();
            errors.into_iter().map(|error| error.field.into_owned()).collect::<Vec<_>>()
        };
        for (changes, field) in [
            (json!({"private_key": "no PEM"}), "private_key"),
            (json!({"project_id": "../other"}), "project_id"),
            (json!({"project_id": ""}), "project_id"),
            (json!({"client_email": ""}), "client_email"),
            (json!({"token_uri": "https://127.0.0.1/token"}), "token_uri"),
            (json!({"base_url": "http://fcm.googleapis.com"}), "base_url"),
        ] {
            assert!(broken(changes.clone()).contains(&field.to_owned()), "{changes}");
        }
    }
}

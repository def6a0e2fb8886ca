//! Push messages to browsers, over the push service that each of them subscribed to.
//!
//! The message is JSON with `title`, `body` and `tag`, encrypted for the browser alone: a service worker shows it. A service
//! that keeps an attempt's message replaces it by the next attempt's (`Topic`), and keeps neither longer than the PIN lives.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use pinfold_core::channel::Channel;
use pinfold_core::connection::WebPush;
use pinfold_core::field::Checks;
use pinfold_core::push::{PushAddress, Subscription};
use pinfold_core::recipient::Recipient;
use serde::Serialize;
use url::Url;

use crate::address::Addresses;
use crate::check;
use crate::client::{self, Client, Request};
use crate::connector::{Connector, InvalidConnection};
use crate::kinds::{Kind, Parts};
use crate::outcome::Outcome;
use crate::outgoing::Outgoing;
use crate::vendor::seconds_left;

mod encrypt;
mod vapid;

use vapid::Vapid;

/// The life of a message whose PIN says nothing of its own.
const USUAL_SECONDS: u64 = 300;

struct Sender {
    client: Client,
    addresses: Addresses,
    vapid: Vapid,
    clock: fn() -> u64,
    deadline: Duration,
}

/// What the service worker gets.
#[derive(Serialize)]
struct Shown<'a> {
    title: &'a str,
    body: &'a str,
    /// The same for every attempt, so that a browser shows one of them.
    tag: &'a str,
}

impl Kind for WebPush {
    fn check(&self, _: Addresses, checks: &mut Checks) {
        let is_contact = self.subject.starts_with("mailto:") || self.subject.starts_with("https://");
        checks.require(is_contact, "subject", "must be a mailto: or https: address");
        check::line("subject", &self.subject, checks);
        let is_key = Vapid::new(&self.subject, self.private_key.expose()).is_some();
        checks.require(is_key, "private_key", "must be a P-256 private key: 32 bytes in base64url");
    }

    fn build(&self, parts: &Parts<'_>) -> Result<Arc<dyn Connector>, InvalidConnection> {
        let vapid = Vapid::new(&self.subject, self.private_key.expose());
        Ok(Arc::new(Sender {
            client: parts.client(),
            addresses: parts.addresses,
            vapid: vapid.ok_or(InvalidConnection::new("the private key cannot be used"))?,
            clock: parts.clock,
            deadline: parts.deadline,
        }))
    }
}

impl Sender {
    fn request(&self, message: &Outgoing<'_>, to: &Subscription) -> Result<Request, &'static str> {
        let mut checks = Checks::default();
        check::url("endpoint", to.endpoint(), self.addresses, &mut checks);
        let endpoint = Url::parse(to.endpoint()).ok().filter(|_| checks.finish().is_ok()).ok_or("address_refused")?;
        let topic = topic(message.reference);
        let shown = Shown { title: message.subject.unwrap_or_default(), body: message.text, tag: &topic };
        let shown = serde_json::to_vec(&shown).map_err(|_| "invalid_request")?;
        if shown.len() > encrypt::LONGEST {
            return Err("message_too_long");
        }
        let body = encrypt::encrypt(&shown, to).ok_or("recipient_invalid")?;
        let now_ms = (self.clock)();
        let authorization = self.vapid.authorization(&endpoint, now_ms).ok_or("invalid_request")?;
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, client::secret_header(&authorization).ok_or("invalid_header")?);
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("aes128gcm"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
        headers.insert("ttl", seconds_left(message, now_ms).unwrap_or(USUAL_SECONDS).into());
        headers.insert("urgency", HeaderValue::from_static("high"));
        headers.insert("topic", HeaderValue::try_from(topic).map_err(|_| "invalid_header")?);
        let uri = client::uri(&endpoint).ok_or("address_refused")?;
        Ok(client::request(Method::POST, uri, headers, body))
    }
}

/// A name of at most 32 characters, which says nothing of the reference.
fn topic(reference: &str) -> String {
    let hash = digest(&SHA256, reference.as_bytes());
    URL_SAFE_NO_PAD.encode(&hash.as_ref()[..24])
}

#[async_trait]
impl Connector for Sender {
    async fn deliver(&self, message: &Outgoing<'_>) -> Outcome {
        let (Channel::Push, Recipient::Push(PushAddress::Web(to))) = (message.channel, message.recipient) else {
            return Outcome::permanent("wrong_channel");
        };
        let request = match self.request(message, to) {
            Ok(request) => request,
            Err(reason) => return Outcome::permanent(reason),
        };
        let answer = match client::ask(&self.client, request, self.deadline, |_| false).await {
            Ok(answer) => answer,
            Err(outcome) => return outcome,
        };
        match answer.status.as_u16() {
            200..=299 => Outcome::accepted(None),
            404 | 410 => Outcome::permanent("subscription_gone"),
            401 | 403 => Outcome::permanent("credentials_refused"),
            413 => Outcome::permanent("message_too_long"),
            _ => answer.failed(),
        }
    }
}

#[cfg(test)]
mod tests {
    use pinfold_core::connection::Provider;
    use serde_json::{Value, json};

    #[test]
    fn a_sender_is_checked() {
        let broken = |changes: Value| {
            let key = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw";
            let mut provider = json!({"kind": "web_push", "subject": "mailto:ops@example.com", "private_key": key});
            provider.as_object_mut().expect("an object").extend(changes.as_object().expect("an object").clone());
            let provider: Provider = serde_json::from_value(provider).expect("a provider");
            let errors = crate::check(&provider, false).err().unwrap_or_default();
            errors.into_iter().map(|error| error.field.into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(broken(json!({})), [""; 0]);
        assert_eq!(broken(json!({"subject": "https://example.com/contact"})), [""; 0]);
        for (changes, field) in [
            (json!({"subject": "ops@example.com"}), "subject"),
            (json!({"subject": "mailto:a\r\nb"}), "subject"),
            (json!({"private_key": "short"}), "private_key"),
            (json!({"private_key": "A".repeat(43)}), "private_key"),
            (json!({"private_key": "_".repeat(43)}), "private_key"),
        ] {
            assert_eq!(broken(changes.clone()), [field], "{changes}");
        }
    }
}

//! What every vendor's HTTP API has in common: one request for a message, one JSON answer that says what became of it.
//! A vendor's own file says how the request is built and what the answer means.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use http::{Method, StatusCode, Uri};
use pinfold_core::lookup::NumberFacts;
use pinfold_core::phone::Phone;
use pinfold_core::price::Price;
use pinfold_core::receipt::{Receipt, ReceiptState};
use pinfold_core::recipient::Recipient;
use serde_json::Value;
use url::Url;

use crate::client::{self, Answer, Client, Request};
use crate::connector::{Connector, InvalidConnection};
use crate::kinds::Parts;
use crate::outcome::{Outcome, Reason};
use crate::outgoing::Outgoing;

/// A vendor's HTTP API.
pub(crate) trait Api: Send + Sync + 'static {
    /// The request that sends a message; else why there can be none.
    fn request(&self, message: &Outgoing<'_>) -> Result<Request, Reason>;

    /// What an answer means; `None` when it does not say, and the status alone decides. The answer to an error may be
    /// no JSON, and is then null.
    fn judge(&self, status: StatusCode, answer: &Value) -> Option<Outcome>;

    /// The request that looks a number up, where the vendor does.
    fn look_up(&self, _: &Phone) -> Option<Request> {
        None
    }

    /// What a lookup's answer says.
    fn facts(&self, _: &Value) -> Option<NumberFacts> {
        None
    }

    /// The request that asks what became of a message, where the vendor does not tell by itself.
    fn ask(&self, _provider_id: &str) -> Option<Request> {
        None
    }

    /// What the answer to that says.
    fn state(&self, _: &Value) -> Option<ReceiptState> {
        None
    }
}

/// Makes a vendor's API a connector.
pub(crate) fn connector(api: impl Api, parts: &Parts<'_>) -> Result<Arc<dyn Connector>, InvalidConnection> {
    Ok(Arc::new(Vendor { api, client: parts.client(), deadline: parts.deadline }))
}

struct Vendor<A> {
    api: A,
    client: Client,
    deadline: Duration,
}

#[async_trait]
impl<A: Api> Connector for Vendor<A> {
    async fn deliver(&self, message: &Outgoing<'_>) -> Outcome {
        let request = match self.api.request(message) {
            Ok(request) => request,
            Err(reason) => return Outcome::permanent(reason),
        };
        match client::ask(&self.client, request, self.deadline, |_| true).await {
            Ok(answer) => judge(&self.api, &answer),
            Err(outcome) => outcome,
        }
    }

    async fn look_up(&self, phone: &Phone) -> Result<NumberFacts, Outcome> {
        let json = self.fetch(self.api.look_up(phone).ok_or(Outcome::permanent("lookup_unsupported"))?).await?;
        self.api.facts(&json).ok_or(Outcome::unknown("invalid_answer"))
    }

    async fn ask(&self, provider_id: &str) -> Result<Receipt, Outcome> {
        let json = self.fetch(self.api.ask(provider_id).ok_or(Outcome::permanent("polling_unsupported"))?).await?;
        let state = self.api.state(&json).ok_or(Outcome::unknown("invalid_answer"))?;
        Ok(Receipt::new(provider_id, state))
    }
}

impl<A: Api> Vendor<A> {
    async fn fetch(&self, request: Request) -> Result<Value, Outcome> {
        let answer = client::ask(&self.client, request, self.deadline, |_| true).await?;
        if !answer.status.is_success() {
            return Err(judge(&self.api, &answer));
        }
        answer.json().map_err(Outcome::unknown)
    }
}

fn judge(api: &impl Api, answer: &Answer) -> Outcome {
    let (status, json) = (answer.status, answer.json());
    let judged = match &json {
        _ if status.is_redirection() => None,
        // The vendor took the request: without a readable answer nobody knows whether it took the message.
        Err(reason) if status.is_success() => return Outcome::unknown(*reason),
        Ok(json) => api.judge(status, json),
        Err(_) => api.judge(status, &Value::Null),
    };
    match judged.unwrap_or_else(|| by_status(answer)) {
        Outcome::Temporary { reason, retry_after: None } => Outcome::Temporary { reason, retry_after: answer.retry_after() },
        outcome => outcome,
    }
}

/// What a status means at every vendor.
fn by_status(answer: &Answer) -> Outcome {
    match answer.status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Outcome::permanent("credentials_refused"),
        StatusCode::PAYMENT_REQUIRED => Outcome::permanent("credit_exhausted"),
        status if status.is_success() => Outcome::unknown("invalid_answer"),
        _ => answer.failed(),
    }
}

/// The digits of a phone number; no other recipient can be reached.
pub(crate) fn digits<'a>(message: &Outgoing<'a>) -> Result<&'a str, Reason> {
    match message.recipient {
        Recipient::Phone(phone) => Ok(phone.digits()),
        Recipient::Email(_) | Recipient::Push(_) => Err("wrong_channel".into()),
    }
}

/// The sender of the message, or the connection's own.
pub(crate) fn sender<'a>(message: &Outgoing<'a>, own: Option<&'a str>) -> Result<&'a str, Reason> {
    message.from.or(own).ok_or(Reason::Borrowed("sender_missing"))
}

/// What is left of the PIN's life, in whole seconds and at least one; none where the end is not known.
pub(crate) fn seconds_left(message: &Outgoing<'_>, now_ms: u64) -> Option<u64> {
    (message.expires_at_ms > 0).then(|| (message.expires_at_ms.saturating_sub(now_ms) / 1000).max(1))
}

/// The URL of a place below a base.
pub(crate) fn below(base: &str, path: &[&str]) -> Result<Url, InvalidConnection> {
    let invalid = || InvalidConnection::new("the base_url cannot be used");
    let mut url = Url::parse(base).map_err(|_| invalid())?;
    url.path_segments_mut().map_err(|()| invalid())?.pop_if_empty().extend(path);
    Ok(url)
}

/// The same, as requests have it.
pub(crate) fn endpoint(base: &str, path: &[&str]) -> Result<Uri, InvalidConnection> {
    client::uri(&below(base, path)?).ok_or(InvalidConnection::new("the base_url cannot be used"))
}

/// A header with a credential.
pub(crate) fn credential(text: &str) -> Result<HeaderValue, InvalidConnection> {
    client::secret_header(text).ok_or(InvalidConnection::new("a credential cannot stand in a header"))
}

/// A request without a body.
pub(crate) fn get(uri: Uri, headers: &HeaderMap) -> Request {
    let mut headers = headers.clone();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    client::request(Method::GET, uri, headers, Bytes::new())
}

/// A request with JSON.
pub(crate) fn post_json(uri: &Uri, headers: &HeaderMap, body: &Value) -> Request {
    post(uri, headers, HeaderValue::from_static("application/json"), body.to_string().into_bytes())
}

/// A request with a form. What has no value is left out.
pub(crate) fn post_form(uri: &Uri, headers: &HeaderMap, fields: &[(&str, Option<&str>)]) -> Request {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields.iter().filter_map(|(name, value)| Some((name, (*value)?))));
    let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
    post(uri, headers, kind, form.finish().into_bytes())
}

/// A request with a body of any kind.
pub(crate) fn post(uri: &Uri, headers: &HeaderMap, kind: HeaderValue, body: Vec<u8>) -> Request {
    let mut headers = headers.clone();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(CONTENT_TYPE, kind);
    client::request(Method::POST, uri.clone(), headers, body)
}

/// Adds a member where there is a value.
pub(crate) fn set(object: &mut Value, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        object[name] = value.into();
    }
}

/// A price, written as a number or as text.
pub(crate) fn price(amount: Option<&Value>, currency: Option<&Value>) -> Option<Price> {
    let currency = currency?.as_str()?;
    match amount? {
        Value::String(text) => Price::parse(text, currency),
        // The shortest decimal that means the same number, which is what the vendor wrote.
        Value::Number(number) => Price::parse(&number.as_f64()?.to_string(), currency),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_place_below_a_base_keeps_the_bases_own_path() {
        let at = |base| endpoint(base, &["a b", "Messages.json"]).expect("a URL").to_string();
        assert_eq!(at("https://api.example.com"), "https://api.example.com/a%20b/Messages.json");
        assert_eq!(at("https://api.example.com/v1/"), "https://api.example.com/v1/a%20b/Messages.json");
        assert_eq!(at("https://api.example.com/v1"), "https://api.example.com/v1/a%20b/Messages.json");
    }

    #[test]
    fn prices_are_exact_however_they_are_written() {
        let micros = |amount: Value| price(Some(&amount), Some(&json!("EUR"))).map(|price| price.micros);
        assert_eq!(micros(json!(0.01)), Some(10_000));
        assert_eq!(micros(json!(0.000_001)), Some(1));
        assert_eq!(micros(json!("-0.0075")), Some(7_500));
        assert_eq!(micros(json!(3)), Some(3_000_000));
        assert_eq!(micros(json!(null)), None);
        assert_eq!(price(Some(&json!(1)), None), None);
    }
}

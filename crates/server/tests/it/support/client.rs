//! Requests as a client's program makes them.

use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use serde_json::Value;

/// A client with a credential.
#[derive(Clone)]
pub struct Client {
    pub base: String,
    pub authorization: Option<String>,
    pub http: reqwest::Client,
}

/// An answer, read whole.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Answer {
    /// The body as JSON; `null` for anything else.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Wants this status, and shows the body otherwise.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// Seconds of `Retry-After`.
    pub fn retry_after(&self) -> Option<u64> {
        self.header("retry-after")?.parse().ok()
    }
}

impl Client {
    pub fn new(base: &str, authorization: Option<&str>) -> Self {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(10)).no_proxy().build().expect("a client");
        Self { base: base.to_owned(), authorization: authorization.map(str::to_owned), http }
    }

    /// The same client with another credential, as the whole header.
    pub fn with(&self, authorization: &str) -> Self {
        Self { authorization: Some(authorization.to_owned()), ..self.clone() }
    }

    /// The same client without a credential.
    pub fn anonymous(&self) -> Self {
        Self { authorization: None, ..self.clone() }
    }

    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.authorization {
            Some(authorization) => request.header("authorization", authorization),
            None => request,
        }
    }

    /// Sends and reads; an answer that does not come is a failed test.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        self.try_send(request).await.expect("an answer comes")
    }

    /// Sends and reads.
    pub async fn try_send(&self, request: RequestBuilder) -> reqwest::Result<Answer> {
        let answer = request.send().await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Ok(Answer { status, headers, text: answer.text().await? })
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request("GET", path)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request("DELETE", path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(self.request("POST", path).json(&body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(self.request("PUT", path).json(&body)).await
    }
}

/// The PIN in a message of the demo templates or the built-in text: its last word of digits and capitals.
pub fn pin_in(text: &str) -> String {
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| word.len() >= 4);
    let is_pin = |word: &&str| {
        word.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()) && word.bytes().any(|b| b.is_ascii_digit())
    };
    words.rfind(is_pin).unwrap_or_default().to_owned()
}

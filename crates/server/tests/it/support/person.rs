//! A person with a browser: keeps the session's cookie, and shows token and origin with every change.

use serde_json::{Value, json};

use super::App;
use super::client::{Answer, Client};

pub const PASSWORD: &str = "four grey horses";

#[derive(Clone)]
pub struct Person {
    pub client: Client,
    pub email: String,
    /// The installation's own origin, whichever gateway is asked.
    pub origin: String,
    pub cookie: String,
    pub csrf: String,
}

impl Person {
    /// Nobody yet.
    pub fn new(app: &App, email: &str) -> Self {
        let (client, origin) = (app.client.anonymous(), app.client.base.clone());
        Self { client, email: email.to_owned(), origin, cookie: String::new(), csrf: String::new() }
    }

    /// Somebody who signed up and followed the link in the mail; a tenant of that name is theirs.
    pub async fn signed_up(app: &App, email: &str, organization: &str) -> Self {
        let mut person = Self::new(app, email);
        let body = json!({ "email": email, "password": PASSWORD, "name": "A Person", "organization": organization });
        person.post("/v1/sign-up", body).await.expect(202);
        let token = token_of(app, email, 1).await;
        person.post("/v1/sign-up/confirmations", json!({ "token": token })).await.expect(201);
        person
    }

    pub async fn log_in(&mut self, password: &str) -> Answer {
        let body = json!({ "email": self.email, "password": password });
        self.post("/v1/session", body).await
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.call("GET", path, None).await
    }

    pub async fn post(&mut self, path: &str, body: Value) -> Answer {
        self.call("POST", path, Some(body)).await
    }

    pub async fn put(&mut self, path: &str, body: Value) -> Answer {
        self.call("PUT", path, Some(body)).await
    }

    pub async fn delete(&mut self, path: &str) -> Answer {
        self.call("DELETE", path, None).await
    }

    /// Asks as the console does, and keeps what the answer sets.
    pub async fn call(&mut self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let mut request = self.client.request(method, path).header("origin", self.origin.clone());
        if !self.cookie.is_empty() {
            request = request.header("cookie", format!("__Host-pinfold-session={}", self.cookie));
        }
        if !self.csrf.is_empty() {
            request = request.header("x-csrf-token", self.csrf.clone());
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let answer = self.client.send(request).await;
        if let Some(cookie) = answer.header("set-cookie") {
            let value = cookie.split(';').next().and_then(|pair| pair.split_once('=')).map(|(_, value)| value.to_owned());
            self.cookie = value.unwrap_or_default();
        }
        if let Some(csrf) = answer.json()["csrfToken"].as_str() {
            self.csrf = csrf.to_owned();
        }
        answer
    }
}

/// The token in the newest of `count` mails to an address.
pub async fn token_of(app: &App, email: &str, count: usize) -> String {
    let mails = app.wait_for_messages(email, count).await;
    let text = mails[0]["text"].as_str().unwrap_or_default().to_owned();
    let (_, rest) = text.split_once("#token=").unwrap_or_else(|| panic!("no link in {text}"));
    rest.split_whitespace().next().expect("a token").to_owned()
}

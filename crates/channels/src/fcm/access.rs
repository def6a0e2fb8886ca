//! Access tokens for a service account (OAuth 2.0, RFC 7523): asked for once for all who wait, and kept until shortly before they
//! end.

use std::time::Duration;

use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use http::{Method, Uri};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use pinfold_core::connection;
use serde::Serialize;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::client::{self, Answer, Client};
use crate::outcome::Outcome;

const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";
/// How long a signature holds.
const HOLDS_SECONDS: u64 = 3600;
/// A token is not used for the last part of its life.
const SPARE: Duration = Duration::from_secs(60);

pub(super) struct Access {
    email: String,
    key: EncodingKey,
    url: Url,
    uri: Uri,
    clock: fn() -> u64,
    token: Mutex<Option<Token>>,
}

struct Token {
    value: HeaderValue,
    until: Instant,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    scope: &'a str,
    aud: &'a str,
    iat: u64,
    exp: u64,
}

/// The key in a PEM text. A key file's text, pasted, has its line breaks written out.
pub(super) fn key(pem: &str) -> Option<EncodingKey> {
    EncodingKey::from_rsa_pem(pem.replace("\\n", "\n").as_bytes()).ok()
}

impl Access {
    pub(super) fn new(settings: &connection::Fcm, clock: fn() -> u64) -> Option<Self> {
        let url = Url::parse(&settings.token_uri).ok()?;
        Some(Self {
            email: settings.client_email.clone(),
            key: key(settings.private_key.expose())?,
            uri: client::uri(&url)?,
            url,
            clock,
            token: Mutex::default(),
        })
    }

    /// The value of `Authorization`.
    ///
    /// # Errors
    /// What it means for the message that there is no token: it was not sent.
    pub(super) async fn token(&self, client: &Client, until: Instant) -> Result<HeaderValue, Outcome> {
        let mut token = timeout_at(until, self.token.lock()).await.map_err(|_| Outcome::temporary("busy"))?;
        if let Some(known) = token.as_ref().filter(|token| Instant::now() < token.until) {
            return Ok(known.value.clone());
        }
        let new = self.ask(client, until).await?;
        Ok(token.insert(new).value.clone())
    }

    /// Forgets the token.
    pub(super) async fn forget(&self) {
        *self.token.lock().await = None;
    }

    async fn ask(&self, client: &Client, until: Instant) -> Result<Token, Outcome> {
        let iat = (self.clock)() / 1000;
        let claims = Claims { iss: &self.email, scope: SCOPE, aud: self.url.as_str(), iat, exp: iat + HOLDS_SECONDS };
        let assertion =
            encode(&Header::new(Algorithm::RS256), &claims, &self.key).map_err(|_| Outcome::permanent("invalid_request"))?;
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")
            .append_pair("assertion", &assertion)
            .finish();
        let headers = [(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"))];
        let request = client::request(Method::POST, self.uri.clone(), HeaderMap::from_iter(headers), form);
        let asked = Instant::now();
        let answer = client::ask(client, request, until.duration_since(asked), |_| true).await.map_err(unsent)?;
        read(&answer, asked)
    }
}

fn read(answer: &Answer, asked: Instant) -> Result<Token, Outcome> {
    match answer.status.as_u16() {
        200..=299 => {}
        400 | 401 | 403 => return Err(Outcome::permanent("credentials_refused")),
        _ => return Err(answer.failed()),
    }
    let json = answer.json().map_err(Outcome::temporary)?;
    let value = json["access_token"].as_str().and_then(|token| client::secret_header(&format!("Bearer {token}")));
    let seconds = json["expires_in"].as_u64().unwrap_or_default().min(HOLDS_SECONDS);
    let lasts = Duration::from_secs(seconds).saturating_sub(SPARE);
    value.map(|value| Token { value, until: asked + lasts }).ok_or(Outcome::temporary("invalid_answer"))
}

/// However asking for a token failed, no message left.
fn unsent(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Unknown { reason } => Outcome::temporary(reason),
        other => other,
    }
}

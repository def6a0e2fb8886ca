//! A Vonage application: every request carries a short token that its private key signed.

use http::header::HeaderValue;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use pinfold_core::connection::Secret;
use pinfold_core::entropy;
use serde::Serialize;

use crate::client::secret_header;
use crate::connector::InvalidConnection;

/// How long a token is good for: longer than any attempt, and for clocks that differ.
const LIFE_SECONDS: u64 = 300;

pub(super) struct Application {
    id: String,
    key: EncodingKey,
}

#[derive(Serialize)]
struct Claims<'a> {
    application_id: &'a str,
    iat: u64,
    exp: u64,
    jti: String,
}

impl Application {
    pub(super) fn new(id: &str, private_key: &Secret) -> Result<Self, InvalidConnection> {
        let invalid = || InvalidConnection::new("the private_key cannot be used");
        let key = EncodingKey::from_rsa_pem(private_key.expose().as_bytes()).map_err(|_| invalid())?;
        let application = Self { id: id.to_owned(), key };
        // What looks like a key may still not sign.
        application.authorization(0).ok_or_else(invalid)?;
        Ok(application)
    }

    /// The header of one request.
    pub(super) fn authorization(&self, now_ms: u64) -> Option<HeaderValue> {
        let iat = now_ms / 1000;
        let jti = hex::encode(entropy::bytes::<16>());
        let claims = Claims { application_id: &self.id, iat, exp: iat + LIFE_SECONDS, jti };
        let token = encode(&Header::new(Algorithm::RS256), &claims, &self.key).ok()?;
        secret_header(&format!("Bearer {token}"))
    }
}

//! Signs session tokens. A new key is published at once but signs only after [`SETTLE_MS`], when every instance publishes
//! it; a retired one stays published until every token that it signed is over.

use std::sync::Arc;

use arc_swap::ArcSwap;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use pinfold_core::channel::Channel;
use pinfold_core::entropy;
use pinfold_core::id::{ApplicationId, PinId};
use pinfold_core::keys::MasterKey;
use pinfold_core::recipient::Recipient;
use pinfold_http::{Code, Problem};
use pinfold_postgres::{Database, Error};
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::{Value, json};

use crate::settings::LONGEST_SESSION_S;

/// How long a new key is published before it signs, and an old one signs after it was replaced, in milliseconds: more
/// than the minute between two readings of the keys.
pub const SETTLE_MS: u64 = 150_000;

/// Holds the signing keys that were read last.
pub struct Signer {
    issuer: String,
    keys: ArcSwap<Keys>,
}

#[derive(Default)]
struct Keys {
    signing: Option<(String, EncodingKey)>,
    published: Vec<Value>,
}

/// Who was verified, and how.
#[derive(Debug)]
pub(crate) struct Verified<'a> {
    /// The name to put into `sub`; without, the number or address.
    pub(crate) subject: Option<&'a str>,
    pub(crate) recipient: &'a Recipient,
    pub(crate) application: ApplicationId,
    pub(crate) pin: PinId,
    pub(crate) channel: Channel,
    pub(crate) seconds: u64,
    pub(crate) now_ms: u64,
    /// Whether the PIN was of a test number, whose code others know.
    pub(crate) is_test: bool,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: String,
    iat: u64,
    exp: u64,
    jti: String,
    amr: [&'static str; 2],
    session: &'static str,
    pin_id: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    test: bool,
}

impl Signer {
    /// A signer without keys, whose tokens name `issuer`.
    #[must_use]
    pub fn new(issuer: String) -> Self {
        Self { issuer, keys: ArcSwap::default() }
    }

    /// Reads the keys again; call it every minute, so that a rotation reaches every instance.
    ///
    /// # Errors
    /// When the system of record cannot be read; the keys stay as they were.
    pub async fn refresh(&self, database: &Database, master: &MasterKey, now_ms: u64) -> Result<(), Error> {
        let stored = database.signing_keys().list(master).await?;
        // Others may sign with a retired key until they have read of it.
        let published_for = LONGEST_SESSION_S * 1_000 + SETTLE_MS;
        let is_published = |retires_ms: Option<u64>| retires_ms.is_none_or(|at| now_ms < at + published_for);
        let live: Vec<_> = stored.iter().filter(|key| key.retires_ms.is_none_or(|at| now_ms < at)).collect();
        // Newest first; the very first key of an installation has nobody to wait for.
        let settled = live.iter().find(|key| key.created_ms + SETTLE_MS <= now_ms).or(live.last());
        let signing = settled.map(|key| (key.kid.clone(), EncodingKey::from_ed_der(key.private.expose_secret())));
        let published = stored.iter().filter(|key| is_published(key.retires_ms)).map(|key| key.public_jwk.clone()).collect();
        self.keys.store(Arc::new(Keys { signing, published }));
        Ok(())
    }

    /// The public keys as a JSON Web Key Set (RFC 7517).
    pub(crate) fn key_set(&self) -> Value {
        json!({ "keys": self.keys.load().published })
    }

    /// Who signs.
    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Signs claims as a token of a type, and gives the public key that checks it.
    ///
    /// # Errors
    /// 503 while there is no signing key.
    pub(crate) fn sign_as(&self, kind: &str, claims: &impl Serialize) -> Result<(String, Value), Problem> {
        let keys = self.keys.load();
        let (kid, key) = keys.signing.as_ref().ok_or_else(|| Problem::new(Code::Unavailable).retry_after_ms(60_000))?;
        let header = Header { kid: Some(kid.clone()), typ: Some(kind.to_owned()), ..Header::new(Algorithm::EdDSA) };
        let token = encode(&header, claims, key).map_err(Problem::internal)?;
        let public = keys.published.iter().find(|jwk| jwk["kid"] == kid.as_str()).cloned().unwrap_or_default();
        Ok((token, public))
    }

    /// A token for someone who was just verified, and when it ends, in milliseconds since 1970.
    ///
    /// # Errors
    /// 503 while there is no signing key.
    pub(crate) fn sign(&self, verified: &Verified<'_>) -> Result<(String, u64), Problem> {
        let iat = verified.now_ms / 1_000;
        let exp = iat + verified.seconds.min(LONGEST_SESSION_S);
        let canonical = match verified.recipient {
            Recipient::Phone(phone) => format!("+{}", phone.digits()),
            Recipient::Email(email) => email.address().to_owned(),
            // An app or a browser is no name of a person: the PIN's id is one at least.
            Recipient::Push(_) => verified.pin.to_string(),
        };
        let claims = Claims {
            iss: &self.issuer,
            sub: verified.subject.unwrap_or(&canonical),
            aud: verified.application.to_string(),
            iat,
            exp,
            jti: URL_SAFE_NO_PAD.encode(entropy::bytes::<16>()),
            amr: ["otp", verified.channel.name()],
            session: "2fa_verified",
            pin_id: verified.pin.to_string(),
            test: verified.is_test,
        };
        let (token, _) = self.sign_as("JWT", &claims)?;
        Ok((token, exp * 1_000))
    }
}

/// A new signing key: its id, the private half (PKCS #8) and the public half as a JSON Web Key.
///
/// # Panics
/// Never: the system's generator answers.
#[must_use]
pub fn generate_signing_key() -> (String, Vec<u8>, Value) {
    // The first version of PKCS #8: the second one carries the public key too, which some readers refuse.
    let document = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new()).expect("the system's generator answers");
    let pair = Ed25519KeyPair::from_pkcs8(document.as_ref()).expect("a key that was just made is one");
    let kid = URL_SAFE_NO_PAD.encode(entropy::bytes::<12>());
    let public = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": kid, "x": public });
    (kid, document.as_ref().to_vec(), jwk)
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::jwk::Jwk;
    use jsonwebtoken::{DecodingKey, Validation, decode};

    use super::*;

    #[test]
    fn a_token_checks_with_the_published_key_and_lives_a_day_at_most() {
        let (kid, private, jwk) = generate_signing_key();
        let signer = Signer::new("https://otp.example.com".into());
        let keys = Keys { signing: Some((kid, EncodingKey::from_ed_der(&private))), published: vec![jwk.clone()] };
        signer.keys.store(Arc::new(keys));
        let recipient = Recipient::parse("+16175550123").expect("a number");
        let (application, now_ms) = (ApplicationId::random(), pinfold_http::clock::now_ms());
        let verified = Verified {
            subject: None,
            recipient: &recipient,
            application,
            pin: PinId::random(),
            channel: Channel::Sms,
            seconds: 1_000_000,
            now_ms,
            is_test: false,
        };
        let (token, expires_ms) = signer.sign(&verified).expect("signs");
        assert_eq!(expires_ms / 1_000 - now_ms / 1_000, 86_400);
        let published: Jwk = serde_json::from_value(signer.key_set()["keys"][0].clone()).expect("a JWK");
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_audience(&[application.to_string()]);
        validation.set_issuer(&["https://otp.example.com"]);
        let claims =
            decode::<Value>(&token, &DecodingKey::from_jwk(&published).expect("a key"), &validation).expect("checks").claims;
        assert_eq!(claims["session"], "2fa_verified");
        assert_eq!(claims["sub"], "+16175550123");
        assert_eq!(claims["amr"], json!(["otp", "sms"]));
        assert_eq!(claims.get("test"), None);
    }

    #[test]
    fn without_a_key_nothing_is_signed() {
        let recipient = Recipient::parse("+16175550123").expect("a number");
        let verified = Verified {
            subject: None,
            recipient: &recipient,
            application: ApplicationId::random(),
            pin: PinId::random(),
            channel: Channel::Sms,
            seconds: 60,
            now_ms: 0,
            is_test: false,
        };
        assert_eq!(Signer::new(String::new()).sign(&verified).expect_err("no key").code, Code::Unavailable);
    }
}

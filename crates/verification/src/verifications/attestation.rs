//! A verification receipt: a JWS (RFC 7515, Ed25519) that says who was verified, when and how, for archives and auditors. It is
//! evidence of the past and opens no door: its type and its claims are not those of a session token.

use pinfold_core::channel::Channel;
use pinfold_core::id::{ApplicationId, PinId};
use pinfold_core::keys::Digest;
use pinfold_http::Problem;
use serde::Serialize;
use serde_json::Value;

use crate::Signer;

/// The type in the header of such a receipt.
pub(super) const TYPE: &str = "verification-receipt+jwt";

/// What is attested.
pub(super) struct Attested<'a> {
    pub(super) pin: PinId,
    pub(super) subject: Digest,
    pub(super) application: Option<ApplicationId>,
    pub(super) channel: Channel,
    pub(super) verified_ms: u64,
    pub(super) now_ms: u64,
    pub(super) audience: Option<&'a str>,
    /// Whether it was of a test number, whose code others know.
    pub(super) is_test: bool,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<&'a str>,
    iat: u64,
    jti: PinId,
    verified_at: u64,
    channel: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    application: Option<ApplicationId>,
    amr: [&'static str; 2],
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    test: bool,
}

/// Signs it, and gives the public key that checks it.
///
/// # Errors
/// 503 while there is no signing key.
pub(super) fn sign(signer: &Signer, attested: &Attested<'_>) -> Result<(String, Value), Problem> {
    let claims = Claims {
        iss: signer.issuer(),
        // The keyed hash of number and application: the same person again in this application, and nobody else's business.
        sub: hex::encode(attested.subject),
        aud: attested.audience,
        iat: attested.now_ms / 1_000,
        jti: attested.pin,
        verified_at: attested.verified_ms / 1_000,
        channel: attested.channel.name(),
        application: attested.application,
        amr: ["otp", attested.channel.name()],
        test: attested.is_test,
    };
    signer.sign_as(TYPE, &claims)
}

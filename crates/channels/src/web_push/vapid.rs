//! Says to a push service who sends (VAPID, RFC 8292).

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde::Serialize;
use url::Url;

/// How long a token holds; a push service takes none that holds for more than a day.
const HOLDS_SECONDS: u64 = 12 * 60 * 60;

/// The sender's key pair.
pub(super) struct Vapid {
    subject: String,
    signing: EncodingKey,
    public: String,
}

#[derive(Serialize)]
struct Claims<'a> {
    aud: String,
    exp: u64,
    sub: &'a str,
}

impl Vapid {
    /// `None` when the key is no key.
    pub(super) fn new(subject: &str, private_key: &str) -> Option<Self> {
        let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let private: [u8; 32] = GeneralPurpose::new(&URL_SAFE, lenient).decode(private_key).ok()?.try_into().ok()?;
        let public = PrivateKey::from_private_key(&ECDH_P256, &private).ok()?.compute_public_key().ok()?;
        let pair =
            EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, &private, public.as_ref()).ok()?;
        Some(Self {
            subject: subject.to_owned(),
            signing: EncodingKey::from_ec_der(pair.to_pkcs8v1().ok()?.as_ref()),
            public: URL_SAFE_NO_PAD.encode(public),
        })
    }

    /// The value of `Authorization` for one push service.
    pub(super) fn authorization(&self, endpoint: &Url, now_ms: u64) -> Option<String> {
        let aud = endpoint.origin().ascii_serialization();
        let claims = Claims { aud, exp: now_ms / 1000 + HOLDS_SECONDS, sub: &self.subject };
        let token = encode(&Header::new(Algorithm::ES256), &claims, &self.signing).ok()?;
        Some(format!("vapid t={token}, k={}", self.public))
    }
}

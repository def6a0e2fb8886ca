//! What tenants are told by webhooks: the types, the secrets and signatures of Standard Webhooks 1.0, and when a message
//! that was not taken is tried again.

use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::entropy;
use crate::id::{TenantId, WebhookEndpointId, WebhookMessageId};

macro_rules! types {
    ($($(#[$doc:meta])* $variant:ident $name:literal),+ $(,)?) => {
        /// A type of webhook that an endpoint can ask for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum WebhookType { $($(#[$doc])* $variant),+ }

        impl WebhookType {
            /// Every type.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The type's name on the wire.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

types! {
    /// A provider took a message of the PIN.
    PinSent "pin.sent",
    /// The provider says that the message arrived.
    PinDelivered "pin.delivered",
    /// A message of the PIN will not be sent.
    PinFailed "pin.failed",
    /// The right PIN came.
    PinVerified "pin.verified",
    /// The PIN died before anybody verified it.
    PinExpired "pin.expired",
    /// All attempts were wrong.
    PinExhausted "pin.exhausted",
    /// The caller ended it.
    PinCanceled "pin.canceled",
    /// The number was locked after too many wrong attempts.
    PinLocked "pin.locked",
    /// The fraud guard found a send suspicious and let it go.
    FraudRecorded "fraud.recorded",
    /// The fraud guard refused a send.
    FraudBlocked "fraud.blocked",
    /// Something needs the tenant's eye.
    AlertRaised "alert.raised",
    /// A message to another endpoint was given up.
    WebhookExhausted "webhook.exhausted",
    /// Another endpoint was disabled.
    EndpointDisabled "endpoint.disabled",
}

/// The type of a test, which no endpoint asks for and every endpoint can be sent.
pub const TEST: &str = "webhook.test";

/// The text names no type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be one of the types of webhooks, such as pin.verified")]
pub struct UnknownType;

impl std::str::FromStr for WebhookType {
    type Err = UnknownType;

    fn from_str(text: &str) -> Result<Self, UnknownType> {
        Self::ALL.iter().copied().find(|known| known.name() == text).ok_or(UnknownType)
    }
}

/// How an endpoint is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WebhookFormat {
    /// As Standard Webhooks 1.0 have it.
    #[default]
    Standard,
    /// As Vonage tells what became of verifications: its bodies, and a token in the header `Authorization`.
    Vonage,
    /// As 8x8 posts what became of a session, to the address that came with the session. Never chosen by a tenant: the
    /// endpoint is there once a session has such an address.
    EightXEight,
}

impl WebhookFormat {
    /// Every format.
    pub const ALL: &'static [Self] = &[Self::Standard, Self::Vonage, Self::EightXEight];

    /// The format's name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Vonage => "vonage",
            Self::EightXEight => "eight_x_eight",
        }
    }
}

/// The text names no format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be standard or vonage")]
pub struct UnknownFormat;

impl std::str::FromStr for WebhookFormat {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        Self::ALL.iter().copied().find(|known| known.name() == text).ok_or(UnknownFormat)
    }
}

/// The beginning of a secret as people copy it.
const PREFIX: &str = "whsec_";

/// What signs the messages to one endpoint.
pub struct WebhookSecret(Zeroizing<[u8; 32]>);

/// Which of an endpoint's secrets a sealed value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretSlot {
    /// The one that signs.
    Current,
    /// The one before it, which signs too for a while.
    Previous,
}

impl WebhookSecret {
    /// A new one.
    #[must_use]
    pub fn generate() -> Self {
        Self(Zeroizing::new(entropy::bytes()))
    }

    /// The one of these bytes; `None` when they are not 32.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(*bytes.first_chunk().filter(|_| bytes.len() == 32)?)))
    }

    /// Its bytes, to be sealed.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// The form that a tenant copies: `whsec_` and base64.
    #[must_use]
    pub fn text(&self) -> SecretString {
        format!("{PREFIX}{}", STANDARD.encode(self.as_bytes())).into()
    }

    /// The signature of one attempt: `v1,` and the base64 of HMAC-SHA-256 over id, time and body.
    #[must_use]
    pub fn sign(&self, message: &str, timestamp_s: u64, body: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, self.as_bytes()));
        for part in [message.as_bytes(), b".", timestamp_s.to_string().as_bytes(), b".", body] {
            context.update(part);
        }
        format!("v1,{}", STANDARD.encode(context.sign()))
    }

    /// A token (RFC 7519, HS256) of these claims. Its key is the secret in the form that a tenant copies.
    #[must_use]
    pub fn token(&self, claims: &serde_json::Value) -> String {
        let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
        let signed = format!("{}.{}", part(r#"{"alg":"HS256","typ":"JWT"}"#), part(&claims.to_string()));
        let text = self.text();
        let key = hmac::Key::new(hmac::HMAC_SHA256, text.expose_secret().as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(hmac::sign(&key, signed.as_bytes())))
    }

    /// The place that an endpoint's secret is sealed for.
    #[must_use]
    pub fn place(tenant: TenantId, endpoint: WebhookEndpointId, slot: SecretSlot) -> Vec<u8> {
        let slot: &[u8] = match slot {
            SecretSlot::Current => b"current",
            SecretSlot::Previous => b"previous",
        };
        [b"webhook".as_slice(), tenant.as_bytes(), endpoint.as_bytes(), slot].concat()
    }
}

impl std::fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

/// The header `webhook-id` of a message, the same for all its attempts.
#[must_use]
pub fn header_id(message: WebhookMessageId) -> String {
    format!("msg_{message}")
}

/// The waits between the attempts at a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule(pub Vec<Duration>);

impl Schedule {
    /// When the next attempt follows after `tries` of them: the wait as it stands, or the receiver's own wish when that is
    /// longer, and up to a fifth more, so that what failed together does not come back together. `None`: the last attempt
    /// was made. `draw` is from `[0, 1)`.
    #[must_use]
    pub fn wait(&self, tries: usize, wish: Option<Duration>, draw: f64) -> Option<Duration> {
        let wait = (*self.0.get(tries.checked_sub(1)?)?).max(wish.unwrap_or_default());
        Some(wait + wait.mul_f64(0.2 * draw))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_the_specification() {
        // The example of the specification's reference implementations.
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("base64");
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &secret));
        context.update(b"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{\"test\": 2432232314}");
        assert_eq!(STANDARD.encode(context.sign()), "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        // Ours is the same computation with a longer secret.
        let ours = WebhookSecret::from_bytes(&[7; 32]).expect("32 bytes");
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &[7; 32]), b"msg_1.1614265330.{}");
        assert_eq!(ours.sign("msg_1", 1_614_265_330, b"{}"), format!("v1,{}", STANDARD.encode(tag)));
    }

    #[test]
    fn a_secret_is_copied_but_never_printed() {
        let secret = WebhookSecret::generate();
        let text = secret.text();
        let (prefix, rest) = text.expose_secret().split_at(6);
        assert_eq!(prefix, "whsec_");
        assert_eq!(STANDARD.decode(rest).expect("base64"), secret.as_bytes());
        assert_eq!(format!("{secret:?}"), "WebhookSecret(…)");
        assert!(WebhookSecret::from_bytes(&[0; 31]).is_none() && WebhookSecret::from_bytes(&[0; 33]).is_none());
    }

    #[test]
    fn waits_follow_the_schedule_and_the_receivers_wish() {
        let schedule = Schedule(vec![Duration::from_secs(5), Duration::from_secs(300)]);
        let wait = |tries, wish: Option<u64>, draw| schedule.wait(tries, wish.map(Duration::from_secs), draw);
        assert_eq!(wait(1, None, 0.0), Some(Duration::from_secs(5)));
        assert_eq!(wait(1, None, 0.5), Some(Duration::from_millis(5_500)));
        assert_eq!(wait(2, None, 0.0), Some(Duration::from_secs(300)));
        assert_eq!(wait(1, Some(60), 0.0), Some(Duration::from_secs(60)));
        assert_eq!(wait(2, Some(60), 0.0), Some(Duration::from_secs(300)));
        assert_eq!(wait(3, Some(60), 0.0), None);
        assert_eq!(wait(0, None, 0.0), None);
    }

    #[test]
    fn types_are_named_and_come_back() {
        for known in WebhookType::ALL {
            assert_eq!(known.name().parse(), Ok(*known));
        }
        assert_eq!("pin.guessed".parse::<WebhookType>(), Err(UnknownType));
        assert_eq!(TEST.parse::<WebhookType>(), Err(UnknownType));
    }
}

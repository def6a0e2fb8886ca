//! Push addresses: where an app or a browser of a person takes push messages. Whoever knows one can send to it, up to the keys of
//! the sender: they are treated like numbers and never shown whole.

use std::fmt;

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use crate::field::{Checks, FieldError};
use crate::recipient::mask_end;

/// The longest endpoint of a subscription, in bytes.
pub const LONGEST_ENDPOINT: usize = 1024;
/// The longest registration token, in bytes.
pub const LONGEST_TOKEN: usize = 1024;

/// Browsers write keys without padding, some libraries with it.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&URL_SAFE, GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent));

/// One place that takes push messages.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum PushAddress {
    /// A browser's subscription to a push service (RFC 8030).
    Web(Subscription),
    /// An app's registration token at Firebase Cloud Messaging.
    Fcm(FcmToken),
}

/// A subscription, as a browser's `PushSubscription.toJSON()` has it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Subscription {
    endpoint: String,
    p256dh: [u8; 65],
    auth: [u8; 16],
}

/// A registration token.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct FcmToken(String);

impl Subscription {
    /// Takes a subscription. Whether its endpoint may be reached is asked when something is sent there.
    ///
    /// # Errors
    /// What is wrong with `endpoint`, `keys.p256dh` and `keys.auth`.
    pub fn parse(endpoint: &str, p256dh: &str, auth: &str) -> Result<Self, Vec<FieldError>> {
        let mut checks = Checks::default();
        let has_scheme = endpoint.starts_with("https://") || endpoint.starts_with("http://");
        let is_url = has_scheme && endpoint.len() <= LONGEST_ENDPOINT && endpoint.bytes().all(|byte| byte.is_ascii_graphic());
        checks.require(is_url, "endpoint", format!("must be a URL of at most {LONGEST_ENDPOINT} bytes"));
        let key = decode(p256dh).filter(|key: &[u8; 65]| key[0] == 4);
        checks.require(key.is_some(), "keys.p256dh", "must be an uncompressed P-256 point in base64url");
        let secret = decode(auth);
        checks.require(secret.is_some(), "keys.auth", "must be 16 bytes in base64url");
        checks.finish()?;
        match (key, secret) {
            (Some(p256dh), Some(auth)) => Ok(Self { endpoint: endpoint.to_owned(), p256dh, auth }),
            _ => Err(Vec::new()),
        }
    }

    /// Where messages go.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The browser's public key, an uncompressed point.
    #[must_use]
    pub fn p256dh(&self) -> &[u8; 65] {
        &self.p256dh
    }

    /// The browser's authentication secret.
    #[must_use]
    pub fn auth(&self) -> &[u8; 16] {
        &self.auth
    }
}

impl FcmToken {
    /// Takes a token.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(token: &str) -> Result<Self, FieldError> {
        let is_token = (1..=LONGEST_TOKEN).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic());
        if is_token {
            Ok(Self(token.to_owned()))
        } else {
            Err(FieldError::new("token", format!("must be a registration token of at most {LONGEST_TOKEN} characters")))
        }
    }

    /// The token.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.0
    }
}

impl PushAddress {
    /// What names the place: the endpoint or the token.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Web(subscription) => subscription.endpoint(),
            Self::Fcm(token) => token.token(),
        }
    }

    /// The bytes of [`Self::decode`].
    pub(crate) fn encode(&self) -> Vec<u8> {
        match self {
            Self::Web(subscription) => {
                [&[WEB], &subscription.p256dh[..], &subscription.auth, subscription.endpoint.as_bytes()].concat()
            }
            Self::Fcm(token) => [&[FCM], token.0.as_bytes()].concat(),
        }
    }

    /// Reads what [`Self::encode`] wrote.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (kind, rest) = bytes.split_first()?;
        match *kind {
            WEB => {
                let (p256dh, rest) = rest.split_first_chunk()?;
                let (auth, endpoint) = rest.split_first_chunk()?;
                let endpoint = String::from_utf8(endpoint.to_vec()).ok()?;
                Some(Self::Web(Subscription { endpoint, p256dh: *p256dh, auth: *auth }))
            }
            FCM => Some(Self::Fcm(FcmToken(String::from_utf8(rest.to_vec()).ok()?))),
            _ => None,
        }
    }
}

const WEB: u8 = 0;
const FCM: u8 = 1;

impl fmt::Debug for PushAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Web(_) => "Web",
            Self::Fcm(_) => "Fcm",
        };
        write!(f, "{kind}({})", mask_end(self.text()))
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subscription({})", mask_end(&self.endpoint))
    }
}

impl fmt::Debug for FcmToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FcmToken({})", mask_end(&self.0))
    }
}

fn decode<const LENGTH: usize>(text: &str) -> Option<[u8; LENGTH]> {
    // Longer text never reaches the decoder.
    (text.len() <= 2 * LENGTH).then(|| BASE64.decode(text).ok()?.try_into().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    // The keys of RFC 8291's example.
    const P256DH: &str = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";

    #[test]
    fn a_subscription_is_taken_as_browsers_write_it() {
        let endpoint = "https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV";
        let subscription = Subscription::parse(endpoint, P256DH, AUTH).expect("a subscription");
        assert_eq!((subscription.endpoint(), subscription.p256dh()[0], subscription.auth()[0]), (endpoint, 4, 5));
        Subscription::parse(endpoint, &format!("{P256DH}="), &format!("{AUTH}==")).expect("padding is fine");
    }

    #[test]
    fn each_part_that_is_wrong_is_named() {
        let fields = |endpoint: &str, p256dh: &str, auth: &str| {
            let errors = Subscription::parse(endpoint, p256dh, auth).err().unwrap_or_default();
            errors.into_iter().map(|error| error.field.into_owned()).collect::<Vec<_>>()
        };
        let endpoint = "https://push.example.net/1";
        assert_eq!(fields("ftp://x", P256DH, AUTH), ["endpoint"]);
        assert_eq!(fields("https://x/\r\n", P256DH, AUTH), ["endpoint"]);
        assert_eq!(fields(&format!("https://x/{}", "a".repeat(1024)), P256DH, AUTH), ["endpoint"]);
        assert_eq!(fields(endpoint, AUTH, P256DH), ["keys.p256dh", "keys.auth"]);
        assert_eq!(fields(endpoint, &P256DH.replace("BCV", "ACV"), AUTH), ["keys.p256dh"]);
        assert_eq!(fields(endpoint, P256DH, ""), ["keys.auth"]);
        for token in ["", "a b", "a\nb", &"a".repeat(1025)] {
            assert!(FcmToken::parse(token).is_err(), "{token:?}");
        }
    }

    #[test]
    fn an_address_is_never_shown_whole() {
        let endpoint = "https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV";
        let web = PushAddress::Web(Subscription::parse(endpoint, P256DH, AUTH).expect("a subscription"));
        let fcm = PushAddress::Fcm(FcmToken::parse("cRq9:APA91bHPRgkF3JUikC4ENAHEeMrd41Zxv3hVZjC9KtT8OvPVGJ").expect("a token"));
        assert_eq!(format!("{web:?} {fcm:?}"), "Web(…JUsV) Fcm(…PVGJ)");
    }
}

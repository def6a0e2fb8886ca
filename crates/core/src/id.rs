//! Identifiers: 128 bits from the operating system's generator, printed as 32 upper-case hexadecimal characters,
//! the form Infobip clients expect. One type per kind, so that they cannot be mixed up.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A map whose keys are identifiers or alike: random, or few. Its hash is quick and no secret of a caller's.
pub type IdMap<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// The text is not an identifier of 32 hexadecimal characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 32 hexadecimal characters")]
pub struct InvalidId;

fn parse_hex(text: &str) -> Result<[u8; 16], InvalidId> {
    let mut bytes = [0; 16];
    hex::decode_to_slice(text, &mut bytes).map_err(|_| InvalidId)?;
    Ok(bytes)
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name([u8; 16]);

        impl $name {
            /// A new identifier from 16 random bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The 16 bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }

            /// A fresh identifier from the operating system's generator.
            #[must_use]
            pub fn random() -> Self {
                Self(crate::entropy::bytes())
            }

            /// The 22 characters of URL-safe base64 used inside Redis key names.
            #[must_use]
            pub fn short(&self) -> String {
                URL_SAFE_NO_PAD.encode(self.0)
            }

            /// Appends [`Self::short`].
            pub fn push_short(&self, text: &mut String) {
                URL_SAFE_NO_PAD.encode_string(self.0, text);
            }

            /// The printed form, written into `text`.
            #[must_use]
            pub fn hex<'a>(&self, text: &'a mut [u8; 32]) -> &'a str {
                hex::encode_to_slice(self.0, text).expect("32 bytes hold 16 in hexadecimal");
                text.make_ascii_uppercase();
                std::str::from_utf8(text).expect("hexadecimal is ASCII")
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.hex(&mut [0; 32]))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                parse_hex(text).map(Self)
            }
        }

        impl From<uuid::Uuid> for $name {
            fn from(id: uuid::Uuid) -> Self {
                Self(id.into_bytes())
            }
        }

        impl From<$name> for uuid::Uuid {
            fn from(id: $name) -> Self {
                uuid::Uuid::from_bytes(id.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.hex(&mut [0; 32]))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}

ids! {
    /// A tenant: one customer of the platform.
    TenantId,
    /// An application: one use case of a tenant, with its own limits.
    ApplicationId,
    /// A message template of an application.
    MessageId,
    /// One PIN with all its resends.
    PinId,
    /// A provider connection of a tenant.
    ConnectionId,
    /// An API key.
    ApiKeyId,
    /// A person who signs in to the console.
    PersonId,
    /// One sign-in of such a person.
    SessionId,
    /// A running process of the installation.
    ProcessId,
    /// An address where a tenant is told what happened.
    WebhookEndpointId,
    /// One message to such an address, with all its attempts.
    WebhookMessageId,
    /// Texts under one name, for each channel and locale.
    TemplateSetId,
    /// One of these texts.
    FragmentId,
    /// A limit that a tenant defines for what its sends name.
    RateLimitId,
    /// One window of such a limit.
    BucketId,
    /// A person of a tenant, who enrolled factors.
    EntityId,
    /// An authenticator app that a person enrolled.
    FactorId,
    /// One question for a code of such an app.
    ChallengeId,
    /// An entry of a list of the fraud guard.
    FraudEntryId,
    /// One episode of something that needs a tenant's eye.
    AlertId,
    /// Somebody's invitation to a tenant.
    InvitationId,
    /// A passkey by which a person signs in.
    PasskeyId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_prints_as_upper_case_hexadecimal_and_parses_back() {
        let id = PinId::random();
        let text = id.to_string();
        assert_eq!(text.len(), 32);
        assert_eq!(text, text.to_ascii_uppercase());
        assert_eq!(text.parse(), Ok(id));
        assert_eq!(text.to_ascii_lowercase().parse(), Ok(id));
    }

    #[test]
    fn anything_else_is_no_id() {
        for text in ["", "12", "zz", "0933F3BC087D2A617AC6DCB2EF5B8A6", "0933F3BC087D2A617AC6DCB2EF5B8A61 "] {
            assert_eq!(text.parse::<PinId>(), Err(InvalidId), "{text}");
        }
    }
}

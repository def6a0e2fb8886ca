//! Who may do what: scopes, environments, API keys.

use std::net::IpAddr;

use crate::id::{ApiKeyId, ApplicationId};

macro_rules! scopes {
    ($($(#[$doc:meta])* $variant:ident $name:literal),+ $(,)?) => {
        /// A permission of an API key.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Scope { $($(#[$doc])* $variant),+ }

        impl Scope {
            /// Every scope.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The scope's name on the wire.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

scopes! {
    /// Send and resend PINs.
    PinSend "pin:send",
    /// Verify and cancel PINs.
    PinVerify "pin:verify",
    /// Read applications, templates, connections and routes.
    ConfigRead "config:read",
    /// Change them.
    ConfigWrite "config:write",
    /// Read verifications.
    ReportsRead "reports:read",
    /// Create, read and change API keys.
    KeysManage "keys:manage",
}

impl std::str::FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        Self::ALL.iter().copied().find(|scope| scope.name() == text).ok_or(UnknownScope)
    }
}

/// The text names no scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be one of pin:send, pin:verify, config:read, config:write, reports:read, keys:manage")]
pub struct UnknownScope;

/// A set of scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scopes(u16);

impl Scopes {
    /// Every scope.
    #[must_use]
    pub fn all() -> Self {
        Scope::ALL.iter().copied().collect()
    }

    /// Whether `scope` is in the set.
    #[must_use]
    pub const fn allows(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u16) != 0
    }

    /// Whether every scope of `other` is in the set.
    #[must_use]
    pub const fn covers(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The scopes in the set.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.iter().copied().filter(move |scope| self.allows(*scope))
    }

    /// The set as bits, for signed identities.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// The set of these bits; unknown ones are dropped.
    #[must_use]
    pub fn from_bits(bits: u16) -> Self {
        Self(bits & Self::all().0)
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | 1 << scope as u16))
    }
}

/// What a key's messages are: real, or for the simulator only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Environment {
    /// Over the tenant's providers.
    Live,
    /// Always to the simulator.
    Sandbox,
}

impl Environment {
    /// The name in the system of record.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Sandbox => "sandbox",
        }
    }
}

/// A network in CIDR notation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

/// The text is no address and no network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an IP address or a network such as 192.0.2.0/24")]
pub struct InvalidNetwork;

impl Network {
    /// Whether `address` is in the network. An IPv4 address written as IPv6 counts as IPv4.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let shared = |ours: u128, theirs: u128, width: u32| {
            let ignored = width - u32::from(self.prefix);
            ours.checked_shr(ignored).unwrap_or(0) == theirs.checked_shr(ignored).unwrap_or(0)
        };
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => shared(ours.to_bits().into(), theirs.to_bits().into(), 32),
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => shared(ours.to_bits(), theirs.to_bits(), 128),
            _ => false,
        }
    }
}

impl std::str::FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().map_err(|_| InvalidNetwork)?;
        let widest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(widest), str::parse).map_err(|_| InvalidNetwork)?;
        if prefix > widest {
            return Err(InvalidNetwork);
        }
        Ok(Self { address, prefix })
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// What the hot path knows of an API key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id, which is no secret.
    pub id: ApiKeyId,
    /// Its name.
    pub name: String,
    /// What it may do.
    pub scopes: Scopes,
    /// What its messages are.
    pub environment: Environment,
    /// The application of requests that name none.
    pub default_application: Option<ApplicationId>,
    /// Where it may be used from; empty for anywhere.
    pub networks: Vec<Network>,
    /// When it starts to work, in milliseconds since 1970.
    pub valid_from_ms: Option<u64>,
    /// When it stops to work, in milliseconds since 1970.
    pub valid_to_ms: Option<u64>,
    /// Whether it is switched on.
    pub is_enabled: bool,
}

impl ApiKey {
    /// Whether the key works at `now_ms`. Expired, revoked and unknown look the same to the caller.
    #[must_use]
    pub fn is_valid_at(&self, now_ms: u64) -> bool {
        self.is_enabled && self.valid_from_ms.is_none_or(|from| from <= now_ms) && self.valid_to_ms.is_none_or(|to| now_ms < to)
    }

    /// Whether the key may be used from `address`.
    #[must_use]
    pub fn allows_address(&self, address: IpAddr) -> bool {
        self.networks.is_empty() || self.networks.iter().any(|network| network.contains(address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_contain_what_they_say() {
        let contains =
            |network: &str, address: &str| network.parse::<Network>().expect(network).contains(address.parse().expect(address));
        assert!(contains("192.0.2.0/24", "192.0.2.200"));
        assert!(contains("192.0.2.0/24", "::ffff:192.0.2.200"));
        assert!(!contains("192.0.2.0/24", "192.0.3.1"));
        assert!(contains("0.0.0.0/0", "203.0.113.9"));
        assert!(contains("2001:db8::/32", "2001:db8:1::1"));
        assert!(!contains("2001:db8::/32", "192.0.2.1"));
        assert!(contains("127.0.0.1", "127.0.0.1"));
        for text in ["", "192.0.2.0/33", "192.0.2/24", "example.com", "::/129", "1.2.3.4/-1"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }

    #[test]
    fn scopes_survive_their_bits() {
        let scopes: Scopes = [Scope::PinSend, Scope::KeysManage].into_iter().collect();
        assert!(scopes.allows(Scope::PinSend) && !scopes.allows(Scope::PinVerify));
        assert_eq!(Scopes::from_bits(scopes.bits()), scopes);
        assert!(Scopes::all().covers(scopes) && !scopes.covers(Scopes::all()));
    }
}

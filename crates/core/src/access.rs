//! Who may do what: scopes, roles, environments, API keys.

use std::net::IpAddr;

use crate::id::{ApiKeyId, ApplicationId, PersonId, SessionId};

macro_rules! scopes {
    ($($(#[$doc:meta])* $variant:ident $name:literal),+ $(,)?) => {
        /// A permission of an API key or a person.
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
    /// Invite people, change their roles and remove them.
    MembersManage "members:manage",
    /// Read the audit log.
    AuditRead "audit:read",
    /// Acknowledge and mute alerts.
    AlertsManage "alerts:manage",
    /// See whole recipients; each look is audited.
    RecipientsReveal "recipients:reveal",
    /// Change the tenant itself: retention, export, off-boarding.
    TenantManage "tenant:manage",
}

/// What is for people, and for a key only when it is asked for by name.
const PERSONAL: [Scope; 3] = [Scope::MembersManage, Scope::RecipientsReveal, Scope::TenantManage];

impl std::str::FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        Self::ALL.iter().copied().find(|scope| scope.name() == text).ok_or(UnknownScope)
    }
}

/// The text names no scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be one of {}", Scopes::all())]
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

    /// What an API key may do that asks for no scope by name.
    #[must_use]
    pub fn of_a_key() -> Self {
        Scope::ALL.iter().copied().filter(|scope| !PERSONAL.contains(scope)).collect()
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

impl std::fmt::Display for Scopes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (place, scope) in self.iter().enumerate() {
            let separator = if place == 0 { "" } else { ", " };
            write!(f, "{separator}{}", scope.name())?;
        }
        Ok(())
    }
}

/// What a person is to a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Reads configuration and reports.
    Viewer,
    /// Reads the audit log too, and looks after alerts.
    Analyst,
    /// Configures, and makes API keys.
    Developer,
    /// Does all but what ends the tenant.
    Admin,
    /// Does all.
    Owner,
}

impl Role {
    /// Every role, the weakest first.
    pub const ALL: [Self; 5] = [Self::Viewer, Self::Analyst, Self::Developer, Self::Admin, Self::Owner];

    /// The role's name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Analyst => "analyst",
            Self::Developer => "developer",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// What a person of this role may do.
    #[must_use]
    pub fn scopes(self) -> Scopes {
        use Scope::{
            AlertsManage, AuditRead, ConfigRead, ConfigWrite, KeysManage, PinSend, PinVerify, ReportsRead, TenantManage,
        };
        let of = |scopes: &[Scope]| scopes.iter().copied().collect();
        match self {
            Self::Viewer => of(&[ConfigRead, ReportsRead]),
            Self::Analyst => of(&[ConfigRead, ReportsRead, AuditRead, AlertsManage]),
            Self::Developer => of(&[PinSend, PinVerify, ConfigRead, ConfigWrite, ReportsRead, KeysManage, AlertsManage]),
            Self::Admin => Scope::ALL.iter().copied().filter(|scope| *scope != TenantManage).collect(),
            Self::Owner => Scopes::all(),
        }
    }
}

impl std::str::FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.name() == text).ok_or(UnknownRole)
    }
}

/// The text names no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be one of owner, admin, developer, analyst, viewer")]
pub struct UnknownRole;

/// Who does something in a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Actor {
    /// A program, by its API key.
    Key(ApiKeyId),
    /// A person who signed in to the console.
    Person {
        /// Who.
        person: PersonId,
        /// By which sign-in.
        session: SessionId,
    },
}

impl std::fmt::Display for Actor {
    /// As the audit log names them: `key:…` and `person:…`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Key(key) => write!(f, "key:{key}"),
            Self::Person { person, .. } => write!(f, "person:{person}"),
        }
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
        assert_eq!(Scopes::from_bits(u16::MAX), Scopes::all());
        assert_eq!(scopes.to_string(), "pin:send, keys:manage");
    }

    #[test]
    fn a_stronger_role_may_more_and_only_owners_end_a_tenant() {
        for role in Role::ALL {
            assert_eq!(role.name().parse(), Ok(role));
            assert!(Role::Owner.scopes().covers(role.scopes()), "{role:?}");
            assert_eq!(role.scopes().allows(Scope::TenantManage), role == Role::Owner, "{role:?}");
            assert_eq!(role.scopes().allows(Scope::ConfigWrite), role >= Role::Developer, "{role:?}");
            assert_eq!(role.scopes().allows(Scope::MembersManage), role >= Role::Admin, "{role:?}");
            assert!(role.scopes().allows(Scope::ReportsRead), "{role:?}");
        }
        assert!(Role::Developer.scopes().allows(Scope::KeysManage) && !Role::Analyst.scopes().allows(Scope::PinSend));
        assert_eq!("root".parse::<Role>(), Err(UnknownRole));
    }

    #[test]
    fn a_key_that_asks_for_all_gets_nothing_that_is_for_people() {
        let key = Scopes::of_a_key();
        assert!(key.allows(Scope::KeysManage) && key.allows(Scope::AuditRead));
        assert!(PERSONAL.iter().all(|scope| !key.allows(*scope)));
    }
}

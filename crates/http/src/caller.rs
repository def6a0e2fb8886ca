//! Who is calling. The gateway finds out; a role only sees the answer, and cannot tell whether it came from the same
//! process or over the network.

use std::net::IpAddr;

use pinfold_core::access::{Actor, Environment, Scopes};
use pinfold_core::id::{ApplicationId, TenantId};

/// An authenticated caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The tenant, known from the credential alone.
    pub tenant: TenantId,
    /// Who, within it.
    pub actor: Actor,
    /// Where the request came from, as far as proxies are trusted; none inside a process.
    pub address: Option<IpAddr>,
    /// What it may do.
    pub scopes: Scopes,
    /// What it may change: a sandbox key makes nothing live.
    pub environment: Environment,
    /// The application of requests that name none.
    pub default_application: Option<ApplicationId>,
}

impl Caller {
    /// Where messages of this caller go. What a person sends from the console is an experiment: to the simulator.
    #[must_use]
    pub const fn messages(&self) -> Environment {
        match self.actor {
            Actor::Person { .. } => Environment::Sandbox,
            Actor::Key(_) => self.environment,
        }
    }
}

/// Where a request came from, as far as proxies are trusted, as its extension: for requests without a caller too.
#[derive(Debug, Clone, Copy)]
pub struct ClientAddress(pub IpAddr);

/// Whose credential was good, but not good enough for its request to have a caller, as an extension of the request.
#[derive(Debug, Clone, Copy)]
pub struct Refused {
    /// The tenant.
    pub tenant: TenantId,
    /// Whose credential.
    pub actor: Actor,
}

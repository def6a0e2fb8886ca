//! Who is calling. The gateway finds out; a role only sees the answer, and cannot tell whether it came from the same
//! process or over the network.

use pinfold_core::access::{Environment, Scopes};
use pinfold_core::id::{ApiKeyId, ApplicationId, TenantId};

/// An authenticated caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The tenant, known from the credential alone.
    pub tenant: TenantId,
    /// The API key used.
    pub key: ApiKeyId,
    /// What it may do.
    pub scopes: Scopes,
    /// Whether its messages are real.
    pub environment: Environment,
    /// The application of requests that name none.
    pub default_application: Option<ApplicationId>,
}

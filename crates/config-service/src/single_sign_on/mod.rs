//! Signing in at a tenant's own OpenID provider: how it is set, and the way there and back.

mod callback;
mod claims;
mod delete;
mod fault;
mod flow;
mod get;
mod provider;
mod set;
mod start;
mod view;

use pinfold_http::Mount;

pub use provider::IdentityProviders;

/// Registers the operations.
pub(crate) fn mount(mount: &mut Mount) {
    pinfold_http::mount!(mount; self::get, self::set, self::delete, self::start, self::callback);
}

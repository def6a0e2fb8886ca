//! A tenant's provider connections.

mod create;
mod delete;
mod get;
mod list;
mod provider;
mod secrets;
mod update;
mod view;

use pinfold_channels::check;
use pinfold_core::connection::Provider;
use pinfold_core::field::{Checks, FieldError};
use pinfold_http::Mount;

/// Registers the operations on connections.
pub(crate) fn mount(mount: &mut Mount) {
    pinfold_http::mount!(mount; self::list, self::create, self::get, self::update, self::delete);
}

/// Notes what makes a provider's settings unusable, in the connectors' own judgement.
fn check_provider(provider: &Provider, allow_private_addresses: bool, checks: &mut Checks) {
    for error in check(provider, allow_private_addresses).err().into_iter().flatten() {
        checks.push(FieldError::new(format!("provider.{}", error.field), error.must));
    }
}

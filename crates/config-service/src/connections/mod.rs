//! A tenant's provider connections.

mod create;
mod delete;
mod get;
mod health;
mod list;
mod provider;
mod receipt_url;
mod replace_receipt_url;
mod test;
mod traffic;
mod update;
mod view;

use pinfold_channels::check;
use pinfold_core::connection::Provider;
use pinfold_core::field::{Checks, FieldError};
use pinfold_http::Mount;

/// Registers the operations on connections.
pub(crate) fn mount(mount: &mut Mount) {
    pinfold_http::mount!(mount; self::list, self::create, self::get, self::update, self::delete, self::test, self::health,
        self::replace_receipt_url);
}

/// The settings as they are to be stored: every `***` replaced by what is stored in its place. Notes what makes them
/// unusable, in the connectors' own judgement.
fn take_provider(given: Provider, stored: Option<&Provider>, allow_private_addresses: bool, checks: &mut Checks) -> Provider {
    let (provider, missing) = given.restored(stored);
    let unusable = check(&provider, allow_private_addresses).err().unwrap_or_default();
    for error in missing.into_iter().chain(unusable) {
        checks.push(FieldError::new(format!("provider.{}", error.field), error.must));
    }
    provider
}

//! The connection that the tenant has numbers looked up with before a message.

mod delete;
mod get;
mod set;
mod view;

use pinfold_http::Mount;

/// Registers the operations on number lookup.
pub(crate) fn mount(mount: &mut Mount) {
    pinfold_http::mount!(mount; self::get, self::set, self::delete);
}

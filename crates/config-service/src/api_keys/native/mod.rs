//! API keys in our own words: what `/v1` says of them.

mod change;
mod create;
mod get;
mod list;
mod revoke;
mod rotate;
mod view;

use pinfold_http::Mount;

/// Registers the operations.
pub(super) fn mount(mount: &mut Mount) {
    pinfold_http::mount!(mount; self::list, self::create, self::get, self::change, self::revoke, self::rotate);
}

//! The public keys by which applications sign their own tokens: `/v1/applications/{appId}/public-key`.

mod authority;
mod delete;
mod get;
mod set;
mod view;

use pinfold_http::Mount;

/// Registers the operations on public keys.
pub(crate) fn mount(mount: &mut Mount) {
    pinfold_http::mount!(mount; self::get, self::set, self::delete);
}

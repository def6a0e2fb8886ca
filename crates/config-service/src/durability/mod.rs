//! How sure an application's answers are: `/v1/applications/{appId}/durability`.

mod get;
mod set;
mod view;

use pinfold_http::Mount;

/// Registers the operations on durability.
pub(crate) fn mount(mount: &mut Mount) {
    pinfold_http::mount!(mount; self::get, self::set);
}

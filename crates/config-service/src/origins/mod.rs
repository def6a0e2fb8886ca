//! Where what an import made comes from: how a second import recognises what the first one made.

mod delete;
mod list;
mod set;
mod view;

use pinfold_http::Mount;

/// Registers the operations on origins.
pub(crate) fn mount(mount: &mut Mount) {
    pinfold_http::mount!(mount; self::list, self::set, self::delete);
}

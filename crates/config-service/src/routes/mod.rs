//! A tenant's default routes: which connection a channel takes.

mod delete;
mod list;
mod set;
mod view;

use pinfold_http::Mount;

/// Registers the operations on routes.
pub(crate) fn mount(mount: &mut Mount) {
    pinfold_http::mount!(mount; self::list, self::set, self::delete);
}

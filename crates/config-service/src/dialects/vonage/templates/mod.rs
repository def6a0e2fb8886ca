//! Templates: names under which texts stand.

mod create;
mod delete;
mod get;
mod list;
mod update;
mod view;

use pinfold_http::Mount;

/// Registers the operations on templates.
pub(super) fn mount(mount: &mut Mount) {
    pinfold_http::mount!(mount; self::list, self::create, self::get, self::update, self::delete);
}

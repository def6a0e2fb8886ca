//! Fragments: the texts of a template, one for each channel and locale.

mod create;
mod delete;
mod get;
mod list;
mod update;
mod view;

use pinfold_http::Mount;

/// Registers the operations on fragments.
pub(super) fn mount(mount: &mut Mount) {
    pinfold_http::mount!(mount; self::list, self::create, self::get, self::update, self::delete);
}

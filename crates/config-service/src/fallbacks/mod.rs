//! The fallback plans of message templates: what follows when a message does not reach its person.

mod delete;
mod get;
mod set;
mod view;

use pinfold_http::Mount;

/// Registers the operations on fallback plans.
pub(crate) fn mount(mount: &mut Mount) {
    pinfold_http::mount!(mount; self::get, self::set, self::delete);
}

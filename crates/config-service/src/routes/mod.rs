//! A tenant's routes: which connections a channel takes, by default and for some numbers.

mod delete;
mod delete_prefix;
mod explain;
mod legs;
mod list;
mod set;
mod set_prefix;
mod view;

use pinfold_http::Mount;

/// Registers the operations on routes.
pub(crate) fn mount(mount: &mut Mount) {
    pinfold_http::mount!(mount; self::list, self::set, self::delete, self::set_prefix, self::delete_prefix, self::explain);
}

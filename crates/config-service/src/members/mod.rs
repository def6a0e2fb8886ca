//! Who is a member of a tenant.

mod leave;
mod list;
mod remove;
mod update;
mod view;

use pinfold_http::Mount;

pub(crate) use view::check_reach;

/// Registers the operations.
pub(crate) fn mount(mount: &mut Mount) {
    pinfold_http::mount!(mount; self::list, self::update, self::remove, self::leave);
}

//! Who is asked to become a member of a tenant.

mod accept;
mod create;
mod delete;
mod list;
mod view;

use pinfold_http::Mount;

/// Registers the operations.
pub(crate) fn mount(mount: &mut Mount) {
    pinfold_http::mount!(mount; self::list, self::create, self::delete, self::accept);
}

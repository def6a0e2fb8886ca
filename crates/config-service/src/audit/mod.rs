//! What was done in a tenant, and by whom.

mod list;
mod view;

use pinfold_http::Mount;

/// Registers the operations on the audit log.
pub(crate) fn mount(mount: &mut Mount) {
    pinfold_http::mount!(mount; self::list);
}

//! What needs the tenant's eye: alerts, who has seen them, and of which kinds it is not told.

mod acknowledge;
mod get_mutes;
mod list;
mod set_mutes;
mod view;

use pinfold_http::Mount;

/// Registers the operations on alerts.
pub(crate) fn mount(mount: &mut Mount) {
    pinfold_http::mount!(mount; self::list, self::acknowledge, self::get_mutes, self::set_mutes);
}

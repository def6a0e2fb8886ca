//! Caps on what the tenant and its applications send in a day and in a month, and what was sent.

mod get;
mod get_of_application;
mod set;
mod set_of_application;
mod usage;
mod view;

use pinfold_http::Mount;

/// Registers the operations on caps and usage.
pub(crate) fn mount(mount: &mut Mount) {
    pinfold_http::mount!(mount; self::get, self::set, self::get_of_application, self::set_of_application, self::usage);
}

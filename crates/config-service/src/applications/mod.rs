//! A tenant's applications, in Infobip's shape.

mod configuration;
mod create;
mod get;
mod list;
mod update;
mod view;

use pinfold_http::Mount;

/// Registers the operations on applications.
pub(crate) fn mount(mount: &mut Mount) {
    pinfold_http::mount!(mount; self::list, self::create, self::get, self::update);
}

//! Services: applications with the vendor's settings beside their own.

mod create;
mod delete;
mod fetch;
mod list;
mod settings;
mod update;
mod view;

use pinfold_http::{Mount, mount};

pub(crate) fn mount(mount: &mut Mount) {
    mount!(mount; self::create, self::list, self::fetch, self::update, self::delete);
}

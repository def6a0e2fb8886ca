//! What clients say of countries: kept and shown. Routes choose the way of a message here.

mod create;
mod delete;
mod fetch;
mod list;
mod update;
mod view;

use pinfold_http::{Mount, mount};

pub(crate) fn mount(mount: &mut Mount) {
    mount!(mount; self::create, self::list, self::fetch, self::update, self::delete);
}

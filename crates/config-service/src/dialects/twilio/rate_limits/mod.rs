//! Limits that a tenant defines for what its sends name in `RateLimits`, such as the address of a client.

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

//! A tenant's API keys, in the shape of Infobip's account calls and in our own.

mod authority;
mod create;
mod create_v1;
mod fields;
mod get;
mod grant;
mod issue;
mod list;
mod native;
mod update;
mod view;

use pinfold_http::Mount;

/// Registers the operations on API keys.
#[expect(deprecated, reason = "the older way to create a key is still there for clients that use it")]
pub(crate) fn mount(mount: &mut Mount) {
    pinfold_http::mount!(mount; self::list, self::create, self::get, self::update, self::create_v1);
    self::native::mount(mount);
}

//! Questions for a code of a person's authenticator app.

mod create;
mod fetch;
mod list;
mod update;
mod view;

use pinfold_http::{Mount, mount};

pub(crate) fn mount(mount: &mut Mount) {
    mount!(mount; self::create, self::list, self::fetch, self::update);
}

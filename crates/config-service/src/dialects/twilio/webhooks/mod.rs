//! Webhooks: the tenant's webhook endpoints as the vendor's clients see them. They belong to the tenant, so every service
//! shows all of them, and what they are told is what endpoints are told here.

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

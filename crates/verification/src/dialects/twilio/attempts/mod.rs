//! Messages of verifications, and how many of them led to one: from what is recorded, which lags a moment.

mod fetch;
mod filter;
mod list;
mod summary;
mod view;

use pinfold_http::{Mount, mount};

pub(crate) fn mount(mount: &mut Mount) {
    mount!(mount; self::list, self::summary, self::fetch);
}

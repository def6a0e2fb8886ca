//! What became of a tenant's PINs in figures, for dashboards.

mod get;
mod view;

use pinfold_http::{Mount, mount};

pub(crate) fn mount(mount: &mut Mount) {
    mount!(mount; self::get);
}

//! The test numbers of applications: `/v1/applications/{appId}/test-numbers`.

mod get;
mod set;
mod view;

use pinfold_http::Mount;

/// Registers the operations on test numbers.
pub(crate) fn mount(mount: &mut Mount) {
    pinfold_http::mount!(mount; self::get, self::set);
}

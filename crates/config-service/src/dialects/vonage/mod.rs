//! Vonage Verify v2: templates and their fragments.

mod fragments;
mod paging;
mod templates;

use pinfold_http::Mount;

/// Registers the operations.
pub(crate) fn mount(mount: &mut Mount) {
    templates::mount(mount);
    fragments::mount(mount);
}

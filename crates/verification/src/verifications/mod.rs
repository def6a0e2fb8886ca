//! What became of a tenant's PINs: found, told whole, and attested.

mod attest;
mod attestation;
mod get;
mod list;
mod story;
mod view;

use pinfold_http::{Mount, mount};

pub(crate) fn mount(mount: &mut Mount) {
    mount!(mount; self::list, self::get, self::attest);
}

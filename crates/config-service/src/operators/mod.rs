//! What those who run the platform see and do.

mod authority;
mod dead_letters;
mod health;
mod replay;
mod resume;
mod suspend;
mod tenants;

use pinfold_http::Mount;

/// Registers the operations.
pub(crate) fn mount(mount: &mut Mount) {
    pinfold_http::mount!(mount; self::tenants, self::suspend, self::resume, self::health, self::dead_letters, self::replay);
}

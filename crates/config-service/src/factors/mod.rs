//! What a person proves beside the password.

mod codes;
mod confirm_totp;
mod delete_totp;
mod get;
mod offer_totp;
mod recovery_codes;

use pinfold_http::Mount;

pub(crate) use codes::first as first_codes;

/// Registers the operations.
pub(crate) fn mount(mount: &mut Mount) {
    pinfold_http::mount!(mount; self::get, self::offer_totp, self::confirm_totp, self::delete_totp, self::recovery_codes);
}

//! People: how they come in, and what they change about themselves.

mod change_password;
mod confirm_sign_up;
mod rename;
mod request_reset;
mod reset;
mod sign_up;

use pinfold_http::Mount;

/// Registers the operations.
pub(crate) fn mount(mount: &mut Mount) {
    pinfold_http::mount!(mount; self::sign_up, self::confirm_sign_up, self::request_reset, self::reset, self::rename, self::change_password);
}

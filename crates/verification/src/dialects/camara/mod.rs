//! CAMARA one-time-password-sms, version 1: send a code by SMS in the caller's words, and validate it by its id.

mod send_code;
mod validate_code;

use pinfold_http::{Mount, mount};

pub(crate) fn mount(mount: &mut Mount) {
    mount!(mount; self::send_code, self::validate_code);
}

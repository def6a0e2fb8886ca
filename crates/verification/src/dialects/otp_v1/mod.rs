//! The generic `/v1/otp`: send to a number or address, verify by the same, and what belongs to it.

mod cancel;
mod fallback;
mod next;
mod resend;
mod send;
mod status;
mod verify;
pub(super) mod wire;

use pinfold_http::{Mount, mount};

pub(crate) fn mount(mount: &mut Mount) {
    mount!(mount; self::send, self::verify, self::resend, self::next, self::status, self::cancel);
}

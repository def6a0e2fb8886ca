#![doc = include_str!("../README.md")]

mod cancel;
mod dialects;
mod idempotency;
mod next;
mod number_check;
mod report;
mod resend;
mod send;
mod session_token;
mod settings;
mod state;
mod status;
mod verifications;
mod verify;

use pinfold_http::{Mount, mount};

pub use number_check::{Lookups, Silent};
pub use session_token::{SETTLE_MS, Signer, generate_signing_key};
pub use settings::Settings;
pub use state::State;

/// Registers the role's operations.
pub fn mount(mount: &mut Mount) {
    dialects::infobip::mount(mount);
    dialects::otp_v1::mount(mount);
    dialects::vonage::mount(mount);
    dialects::twilio::mount(mount);
    dialects::eight_x_eight::mount(mount);
    dialects::iprog::mount(mount);
    dialects::camara::mount(mount);
    verifications::mount(mount);
    mount!(mount; crate::session_token::jwks);
}

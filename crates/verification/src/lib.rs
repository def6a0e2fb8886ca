#![doc = include_str!("../README.md")]

mod callbacks;
mod cancel;
mod dialects;
mod fraud;
mod idempotency;
mod next;
mod number_check;
mod recipients;
mod report;
mod resend;
mod send;
mod session_token;
mod settings;
mod state;
mod statistics;
mod status;
mod verifications;
mod verify;
mod widget;

use pinfold_http::{Mount, mount};

pub use callbacks::Callbacks;
pub use fraud::Told;
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
    recipients::mount(mount);
    statistics::mount(mount);
    widget::mount(mount);
    mount!(mount; crate::session_token::jwks);
}

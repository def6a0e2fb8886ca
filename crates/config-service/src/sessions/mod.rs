//! Sessions of people at the console.

mod confirm;
mod end;
mod get;
mod list;
mod log_in;
mod log_out;
mod passkey;
mod passkey_options;
mod proof;
mod second_factor;
mod switch_tenant;

use pinfold_http::Mount;

pub(crate) use proof::Proof;

/// Registers the operations.
pub(crate) fn mount(mount: &mut Mount) {
    pinfold_http::mount!(mount; self::log_in, self::get, self::log_out, self::switch_tenant, self::confirm, self::second_factor, self::list, self::end, self::passkey, self::passkey_options);
}

//! Verifying in a page of the tenant's, by a token that its server mints: one number, one PIN, one success. No API key is ever in a
//! browser. And the link in a mail that confirms by a press.

mod check;
mod confirm;
mod look;
mod mint;
mod page;
mod resend;
mod send;
mod token;
mod view;

use pinfold_http::{Mount, mount};

pub(crate) fn mount(mount: &mut Mount) {
    mount!(mount; self::mint, self::look, self::send, self::resend, self::check, self::confirm);
}

//! Passkeys of people: enrolled, listed, removed. Signing in with one stands with the sessions.

mod ceremony;
mod create;
mod delete;
mod list;
mod options;
mod view;

use pinfold_http::Mount;

pub(crate) use ceremony::{Answered, Ceremony, OptionsView};

/// Registers the operations.
pub(crate) fn mount(mount: &mut Mount) {
    pinfold_http::mount!(mount; self::list, self::options, self::create, self::delete);
}

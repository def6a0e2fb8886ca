//! Message templates for SMS and voice, in Infobip's shape, and what both kinds of templates share.

mod create;
mod find;
mod get;
mod list;
mod schemas;
pub(crate) mod text;
mod update;
pub(crate) mod view;

use pinfold_http::Mount;

pub(crate) use find::{of, place};
pub(crate) use schemas::{AutofillSchema, LanguageSchema, PinTypeSchema};

/// The length of a PIN when a template names none: the safe one, not the vendor's 4.
pub(crate) const DEFAULT_LENGTH: u8 = 6;

/// Registers the operations on message templates.
pub(crate) fn mount(mount: &mut Mount) {
    pinfold_http::mount!(mount; self::list, self::create, self::get, self::update);
}

//! Message templates for e-mail, in Infobip's shape. They are shown and listed with the others.

mod create;
mod email;
mod update;

use pinfold_http::Mount;

/// Registers the operations on message templates for e-mail.
pub(crate) fn mount(mount: &mut Mount) {
    pinfold_http::mount!(mount; self::create, self::update);
}

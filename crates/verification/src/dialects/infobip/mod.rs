//! Infobip 2FA: PINs. Applications and message templates speak the same dialect and belong to the config service.

mod report;
mod resend_email;
mod resend_sms;
mod resend_voice;
mod send_email;
mod send_sms;
mod send_voice;
mod verify;
mod wire;

use pinfold_http::{Mount, mount};

pub(crate) fn mount(mount: &mut Mount) {
    mount!(mount;
        self::send_sms, self::send_voice, self::send_email,
        self::resend_sms, self::resend_voice, self::resend_email,
        self::verify, self::report,
    );
}

//! Whether an SMTP server can be used.

use pinfold_core::connection::{Smtp, SmtpSecurity};
use pinfold_core::field::Checks;

use super::mail::sender;
use crate::address::Addresses;
use crate::check::{self, TEXT_LIMIT};

pub(super) fn check_smtp(smtp: &Smtp, addresses: Addresses, checks: &mut Checks) {
    check::host(&smtp.host, addresses, checks);
    checks.require(addresses.permits_port(smtp.port, &[25, 465, 587]), "port", "must be 25, 465, 587, or from 1024");
    let is_secure = smtp.security != SmtpSecurity::None || addresses.allow_private;
    checks.require(is_secure, "security", "must be starttls or tls");
    if let Some(username) = &smtp.username {
        check::line("username", username, checks);
    }
    if let Some(password) = &smtp.password {
        check::line("password", password.expose(), checks);
    }
    checks.require(smtp.username.is_some() == smtp.password.is_some(), "password", "must come with username, and the reverse");
    let must = "must be an e-mail address, such as Example <no-reply@example.com>";
    checks.require(smtp.from.len() <= TEXT_LIMIT && sender(&smtp.from).is_some(), "from", must);
}

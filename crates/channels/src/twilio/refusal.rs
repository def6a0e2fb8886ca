//! Twilio's error codes, by what they mean for a message.

use crate::outcome::Outcome;

/// `None` for codes that say no more than the status does.
pub(super) fn outcome(code: Option<u64>) -> Option<Outcome> {
    Some(match code? {
        21211 | 21214 | 21217 | 21614 | 13223 | 13224 | 63003 | 63024 => Outcome::permanent("recipient_invalid"),
        21610 => Outcome::permanent("recipient_opted_out"),
        13225 | 21216 | 63032 | 63033 => Outcome::permanent("recipient_blocked"),
        21602 | 21619 => Outcome::permanent("message_refused"),
        21605 | 21617 => Outcome::permanent("message_too_long"),
        21655 | 21656 | 63016 => Outcome::permanent("template_required"),
        21210 | 21212 | 21603 | 21606 | 21659 | 21660 | 21661 | 21703 | 63007 => Outcome::permanent("sender_refused"),
        13227 | 21215 | 21408 | 21612 => Outcome::permanent("route_refused"),
        21608 | 21219 => Outcome::permanent("account_limited"),
        20005 | 20006 | 30002 | 63020 => Outcome::permanent("account_suspended"),
        20003 | 20008 | 20404 => Outcome::permanent("credentials_refused"),
        14107 | 20429 | 21611 | 30001 | 63018 => Outcome::temporary("rate_limited"),
        20500 | 20503 => Outcome::temporary("provider_error"),
        _ => return None,
    })
}

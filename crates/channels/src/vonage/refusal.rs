//! What Vonage's refusals mean.

use pinfold_core::price::{Currency, Price};
use serde_json::Value;

use crate::client::id;
use crate::outcome::Outcome;

/// The answer of the SMS API: one entry for each part of a text.
pub(super) fn of_parts(parts: &[Value]) -> Option<Outcome> {
    let refused = |part: &&Value| part["status"] != "0";
    match parts.iter().find(refused) {
        Some(part) if parts.iter().all(|part| refused(&part)) => of_sms_status(part["status"].as_str()?),
        Some(_) => Some(Outcome::unknown("partly_sent")),
        None => {
            let price = |part: &Value| Price::parse(part["message-price"].as_str()?, Currency::EUR.code());
            let sum = parts.iter().map(price).reduce(|sum, price| sum?.plus(price?))?;
            Some(Outcome::Accepted { provider_id: id(&parts[0]["message-id"]), price: sum })
        }
    }
}

fn of_sms_status(status: &str) -> Option<Outcome> {
    Some(match status {
        "1" | "10" => Outcome::temporary("rate_limited"),
        "5" | "13" => Outcome::temporary("provider_error"),
        "4" | "14" => Outcome::permanent("credentials_refused"),
        "6" | "33" => Outcome::permanent("recipient_invalid"),
        "7" => Outcome::permanent("recipient_blocked"),
        "8" | "11" => Outcome::permanent("account_suspended"),
        "9" => Outcome::permanent("credit_exhausted"),
        "12" => Outcome::permanent("message_too_long"),
        "15" => Outcome::permanent("sender_refused"),
        "29" => Outcome::permanent("account_limited"),
        _ => Outcome::permanent("provider_refused"),
    })
}

/// The answer of the Messages and Voice APIs: a problem whose type ends in a code.
pub(super) fn of_problem(problem: &Value) -> Option<Outcome> {
    let code = problem["type"].as_str().and_then(|kind| kind.rsplit_once('#')).map(|(_, code)| code);
    Some(match code.unwrap_or_default() {
        "1000" => Outcome::temporary("rate_limited"),
        "1030" | "1100" => Outcome::temporary("provider_error"),
        "1040" | "1170" => Outcome::permanent("recipient_invalid"),
        "1050" => Outcome::permanent("recipient_blocked"),
        "1060" | "1080" => Outcome::permanent("account_suspended"),
        "1070" => Outcome::permanent("credit_exhausted"),
        "1090" => Outcome::permanent("message_too_long"),
        "1120" => Outcome::permanent("sender_refused"),
        _ => {
            let fields = problem["invalid_parameters"].as_array()?;
            let names =
                |wanted: &str| fields.iter().any(|field| field["name"].as_str().is_some_and(|name| name.starts_with(wanted)));
            match () {
                () if names("to") => Outcome::permanent("recipient_invalid"),
                () if names("from") => Outcome::permanent("sender_refused"),
                () if names("text") => Outcome::permanent("message_refused"),
                () => return None,
            }
        }
    })
}

//! Whether an SMSC's settings can be used. Lengths are those of SMPP 3.4's fields.

use pinfold_core::connection::Smpp;
use pinfold_core::field::Checks;

use super::MOST_ENQUIRE_SECONDS;
use super::compose::SENDER_LIMIT;
use crate::address::Addresses;
use crate::check;

pub(super) fn check_smpp(smpp: &Smpp, addresses: Addresses, checks: &mut Checks) {
    check::host(&smpp.host, addresses, checks);
    checks.require(addresses.permits_port(smpp.port, &[]), "port", "must be 1024 or above");
    word("system_id", &smpp.system_id, 15, checks);
    word("password", smpp.password.expose(), 8, checks);
    let optional =
        [("system_type", &smpp.system_type, 12), ("service_type", &smpp.service_type, 5), ("from", &smpp.from, SENDER_LIMIT)];
    for (field, value, limit) in optional {
        if let Some(value) = value {
            word(field, value, limit, checks);
        }
    }
    checks.require((1..=1000).contains(&smpp.window), "window", "must be 1 to 1000");
    let most = MOST_ENQUIRE_SECONDS.as_secs();
    let seconds = u64::from(smpp.enquire_link_seconds);
    checks.require((1..=most).contains(&seconds), "enquire_link_seconds", format!("must be 1 to {most}"));
}

/// A value of so many ASCII characters at most.
fn word(field: &'static str, text: &str, limit: usize, checks: &mut Checks) {
    let is_word = (1..=limit).contains(&text.len()) && text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    checks.require(is_word, field, format!("must be 1 to {limit} ASCII characters"));
}

#[cfg(test)]
mod tests {
    use pinfold_core::connection::Provider;
    use serde_json::{Value, json};

    fn broken(changes: Value) -> Vec<String> {
        let mut provider =
            json!({"kind": "smpp", "host": "smsc.example.com", "port": 2775, "system_id": "pinfold", "password": "secret08"});
        provider.as_object_mut().expect("an object").extend(changes.as_object().expect("an object").clone());
        let provider: Provider = serde_json::from_value(provider).expect("a provider");
        let errors = crate::check(&provider, false).err().unwrap_or_default();
        errors.into_iter().map(|error| error.field.into_owned()).collect()
    }

    #[test]
    fn an_smsc_is_checked() {
        assert_eq!(broken(json!({})), [""; 0]);
        assert_eq!(broken(json!({"security": "none", "window": 1000, "from": "Bank", "source_ton": 5})), [""; 0]);
        for (changes, field) in [
            (json!({"host": "127.0.0.1"}), "host"),
            (json!({"host": "a b"}), "host"),
            (json!({"port": 0}), "port"),
            (json!({"port": 22}), "port"),
            (json!({"system_id": ""}), "system_id"),
            (json!({"system_id": "sixteen letters!"}), "system_id"),
            (json!({"password": "secret089"}), "password"),
            (json!({"password": "ä"}), "password"),
            (json!({"system_type": "a\r\nb"}), "system_type"),
            (json!({"service_type": "toolong"}), "service_type"),
            (json!({"from": "123456789012345678901"}), "from"),
            (json!({"window": 0}), "window"),
            (json!({"enquire_link_seconds": 601}), "enquire_link_seconds"),
        ] {
            assert_eq!(broken(changes.clone()), [field], "{changes}");
        }
    }
}

//! E-mail addresses: refused, or one recipient that no header can be made of.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pinfold_core::email::Email;

fuzz_target!(|text: &str| {
    let Ok(email) = Email::parse(text) else { return };
    let address = email.address();
    assert!(
        !address.chars().any(|character| character.is_control() || matches!(character, ',' | ';' | '<' | '>')),
        "{address:?}"
    );
    let again = Email::parse(address).expect("a canonical address is an address");
    assert_eq!(again.budget_form(), email.budget_form(), "one address, one budget");
});

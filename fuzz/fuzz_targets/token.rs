//! Tokens of applications (JWT), and the addresses that receipts are posted to: whatever a stranger presents.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pinfold_core::application_token::ApplicationToken;
use pinfold_core::receipt_path::ReceiptPath;

fuzz_target!(|text: &str| {
    if let Some(token) = ApplicationToken::parse(text) {
        assert!(ApplicationToken::resembles(text));
        let _ = token.is_valid_at(1_763_720_000);
    }
    let _ = ReceiptPath::parse(text);
});

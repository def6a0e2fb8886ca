//! The header `Idempotency-Key`: taken only when it is short, visible ASCII.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pinfold_core::idempotency::{LONGEST, is_key};

fuzz_target!(|text: &str| {
    let is_visible = text.bytes().all(|byte| byte > b' ' && byte < 0x7F);
    assert_eq!(is_key(text), !text.is_empty() && text.len() <= LONGEST && is_visible);
});

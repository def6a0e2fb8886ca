//! Addresses that tenants name: what is taken is https, without a login, and no private address however it is written.
#![no_main]

use std::net::IpAddr;

use libfuzzer_sys::fuzz_target;
use pinfold_channels::address::is_public;
use pinfold_channels::check_callback;

fuzz_target!(|text: &str| {
    let _ = check_callback(text, true);
    if check_callback(text, false).is_err() {
        return;
    }
    // Parsers of addresses drop these (WHATWG URL), so a stored one means the same without them.
    let text: String = text.trim_matches(|character| character <= ' ').replace(['\t', '\n', '\r'], "");
    let lower = text.to_ascii_lowercase();
    let Some(behind) = lower.strip_prefix("https:") else { panic!("{text:?}") };
    let host = behind.trim_start_matches(['/', '\\']);
    let host = host.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    let host = host.trim_start_matches('[').split(']').next().unwrap_or_default();
    if let Ok(address) = host.parse::<IpAddr>() {
        assert!(is_public(address), "{text:?}");
    }
});

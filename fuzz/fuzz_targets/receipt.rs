//! What providers push as delivery receipts, signed or not.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use pinfold_channels::{ReceiptRequest, receipts};
use pinfold_core::connection::Provider;

static PROVIDERS: LazyLock<Vec<Provider>> = LazyLock::new(|| {
    [
        r#"{"kind":"infobip","base_url":"https://x.api.infobip.com","api_key":"k"}"#,
        r#"{"kind":"twilio","account_sid":"AC1","auth_token":"t"}"#,
        r#"{"kind":"vonage","api_key":"k","api_secret":"s"}"#,
        r#"{"kind":"smstools","client_id":"C","client_secret":"s"}"#,
        r#"{"kind":"8x8","sub_account_id":"s","api_key":"k"}"#,
        r#"{"kind":"vonage","api_key":"k","api_secret":"s","signature_secret":"s"}"#,
        r#"{"kind":"smstools","client_id":"C","client_secret":"s","webhook_secret":"s"}"#,
    ]
    .iter()
    .map(|provider| serde_json::from_str(provider).expect("a provider"))
    .collect()
});

// A byte that picks provider, type and method, then query, signature and body, a line each: corpora stay readable.
fuzz_target!(|input: &[u8]| {
    let Some((which, rest)) = input.split_first() else { return };
    let mut parts = rest.splitn(3, |byte| *byte == b'\n');
    let mut text = || parts.next().and_then(|part| std::str::from_utf8(part).ok());
    let (Some(query), Some(signature)) = (text(), text()) else { return };
    let body = parts.next().unwrap_or_default();
    let provider = &PROVIDERS[usize::from(which & 0x0F) % PROVIDERS.len()];
    let url = format!("https://pin.example.com/receipts/x?{query}");
    let headers = [
        ("content-type", if which & 0x20 == 0 { "application/json" } else { "application/x-www-form-urlencoded" }),
        ("authorization", signature),
        ("x-twilio-signature", signature),
        ("x-smstools-signature", signature),
    ];
    let method = if which & 0x40 == 0 { "GET" } else { "POST" };
    let request = ReceiptRequest { method, url: &url, headers: &headers, body, now_ms: 1_763_720_000_000 };
    for receipt in receipts(provider, &request).unwrap_or_default() {
        assert!(!receipt.provider_id.is_empty());
        assert!(receipt.reason.is_none_or(|reason| reason.len() <= 64 && reason.is_ascii()));
    }
});

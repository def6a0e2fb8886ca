//! Sealed envelopes: what does not open is refused, and what opens is an envelope or refused.
#![no_main]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use pinfold_core::channel::Channel;
use pinfold_core::envelope::Envelope;
use pinfold_core::id::{PinId, TenantId};
use pinfold_core::keys::{MasterKey, TenantKeys};

static KEYS: LazyLock<TenantKeys> = LazyLock::new(|| {
    let keys = BTreeMap::from([(1, [1; 32]), (2, [2; 32])]);
    TenantKeys::new(TenantId::from_bytes([1; 16]), &keys).expect("two keys")
});

fuzz_target!(|bytes: &[u8]| {
    let id = PinId::from_bytes([7; 16]);
    for version in [1, 2, 3] {
        assert!(KEYS.open_envelope(version, id, bytes).is_err(), "nobody guesses a tag");
    }
    assert!(KEYS.open_secret(bytes, b"here").is_err());
    let sealed = KEYS.seal_secret(bytes, b"here");
    assert_eq!(KEYS.open_secret(&sealed, b"here").as_deref(), Ok(bytes));
    assert!(KEYS.open_secret(&sealed, b"there").is_err());
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = MasterKey::parse(text);
    }
    let Some(mut envelope) = Envelope::decode(bytes) else { return };
    assert_eq!(Envelope::decode(&envelope.encode()).as_ref(), Some(&envelope));
    for channel in Channel::ALL {
        let _ = envelope.has_address(channel);
        envelope.turn_to(channel);
    }
});

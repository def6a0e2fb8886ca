//! A copy of Redis does not give PINs: no field of it is the PIN hashed, with whatever else is there as salt or key, by a
//! function that whoever has the copy could try on all codes.

mod support;

use std::collections::{BTreeMap, HashSet};

use aws_lc_rs::digest::{self, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA512};
use aws_lc_rs::hmac::{self, HMAC_SHA1_FOR_LEGACY_USE_ONLY, HMAC_SHA256, HMAC_SHA512};
use pinfold_core::alphabet::Alphabet;
use pinfold_core::caps::Budget;
use pinfold_core::channel::Channel;
use pinfold_core::envelope::Envelope;
use pinfold_core::id::{MessageId, PinId};
use pinfold_core::keys::{TenantKeys, purpose};
use pinfold_core::life::{SendOutcome, WhenLive};
use pinfold_core::recipient::Recipient;
use pinfold_redis::{Flags, Hot, Pointer, Send};
use pinfold_testkit::Redis;
use support::{Person, hot, wide};

/// How many bytes of a hash make a match: no chance in a million codes and as many salts.
const MATCH: usize = 8;
/// The lengths of fields that could be salts or keys.
const FIELDS: [usize; 4] = [6, 8, 12, 16];

/// Sends as the service does; gives the code.
async fn send(hot: &Hot, person: &Person, pin: PinId, to: &str) -> String {
    let keys = TenantKeys::new(person.tenant, &BTreeMap::from([(1, [7; 32])])).expect("a key");
    let recipient = Recipient::parse(to).expect("a number");
    let code = keys.derive_pin(1, pin, 0, Alphabet::Numeric, 6).expect("a known key");
    let (subject, purpose) = (keys.subject(person.application, &recipient), purpose(""));
    let send = Send {
        tenant: person.tenant,
        pin,
        application: person.application,
        message: MessageId::from_bytes([3; 16]),
        subject,
        channel: Channel::Sms,
        flags: Flags { has_pointer: true, ..Flags::default() },
        limits: &person.limits,
        budget: Budget::default(),
        attempts: 5,
        time_to_live_ms: 300_000,
        key_version: 1,
        length: 6,
        alphabet: Alphabet::Numeric,
        digest: keys.pin_digest(1, pin, &code).expect("a known key"),
        sealed: &keys.seal_envelope(1, pin, &Envelope::to(recipient)).expect("a known key"),
        pointer: Some(Pointer { purpose, digest: keys.number_digest(1, &subject, purpose, &code).expect("a known key") }),
        when_live: WhenLive::Replace,
        pause_ms: 0,
        idempotency: None,
        fallback: None,
        is_queued: true,
        caller_limits: &[],
        trace: None,
    };
    assert!(matches!(hot.send(&send).await.expect("Redis answers"), SendOutcome::Accepted { .. }));
    code.expose().to_owned()
}

/// Every key with its value; streams are left to the tests of the whole service.
async fn copy(url: &str) -> Vec<Vec<u8>> {
    let client = redis::Client::open(url).expect("an address");
    let mut connection = client.get_multiplexed_async_connection().await.expect("Redis answers");
    let keys: Vec<Vec<u8>> = redis::cmd("KEYS").arg("pf:*").query_async(&mut connection).await.expect("Redis answers");
    let mut all = Vec::new();
    for key in keys {
        let kind: String = redis::cmd("TYPE").arg(&key).query_async(&mut connection).await.expect("Redis answers");
        if kind == "string" {
            all.push(redis::cmd("GET").arg(&key).query_async(&mut connection).await.expect("Redis answers"));
            all.push(key);
        }
    }
    all
}

/// Whether something in a copy is a hash of the code.
fn gives_away(copy: &[Vec<u8>], code: &str, salts: &[&[u8]]) -> bool {
    let windows = |length: usize| copy.iter().flat_map(move |bytes| bytes.windows(length));
    let kept: HashSet<&[u8]> = windows(MATCH).collect();
    let mut given: HashSet<&[u8]> = FIELDS.into_iter().flat_map(windows).collect();
    given.extend(salts);
    given.insert(b"");
    let is_kept = |hash: &[u8]| kept.contains(&hash[..MATCH]);
    let code = code.as_bytes();
    given.into_iter().any(|salt| {
        let salted = [[salt, code].concat(), [code, salt].concat()];
        let hashed = [&SHA1_FOR_LEGACY_USE_ONLY, &SHA256, &SHA512]
            .into_iter()
            .any(|function| salted.iter().any(|text| is_kept(digest::digest(function, text).as_ref())));
        let keyed = [HMAC_SHA1_FOR_LEGACY_USE_ONLY, HMAC_SHA256, HMAC_SHA512]
            .into_iter()
            .any(|function| is_kept(hmac::sign(&hmac::Key::new(function, salt), code).as_ref()));
        let old = salted.iter().any(|text| is_kept(&md5::compute(text).0));
        hashed || keyed || old
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn no_field_is_a_hash_of_the_code() {
    let server = Redis::fresh();
    let hot = hot(&server.url());
    let person = Person::new(wide());
    let (pin, to) = (PinId::random(), "+41793026727");
    let code = send(&hot, &person, pin, to).await;
    let mut stolen = copy(&server.url()).await;
    assert!(stolen.len() >= 6, "record, number and application");
    let (id, tenant) = (pin.to_string(), person.tenant.to_string());
    let salts = [to.as_bytes(), to.trim_start_matches('+').as_bytes(), id.as_bytes(), tenant.as_bytes(), pin.as_bytes()];
    // Whoever looks with the right code finds what a search through all codes would find.
    assert!(!gives_away(&stolen, &code, &salts));
    // And would find it, were it there.
    let weak = digest::digest(&SHA256, &[pin.as_bytes().as_slice(), code.as_bytes()].concat());
    stolen.push(weak.as_ref()[..12].to_vec());
    assert!(gives_away(&stolen, &code, &salts));
}

//! The fraud guard in a real Redis: pumping is stopped, others go on, blocks grow and end, no race passes, memory stays small.

mod support;

use std::collections::BTreeMap;

use futures::stream::{self, StreamExt};
use pinfold_core::fraud::{HOUR_MS, Hit, Mode, Place, Rule, Rules, places};
use pinfold_core::id::PinId;
use pinfold_core::keys::TenantKeys;
use pinfold_core::life::{Refusal, SendOutcome};
use pinfold_core::phone::Phone;
use pinfold_redis::{Guarded, Hot};
use pinfold_testkit::Redis;
use support::{Person, hot, wide};

const NOON: u64 = 1_795_262_400_000;

struct Tenant {
    person: Person,
    keys: TenantKeys,
    rules: Rules,
}

impl Tenant {
    fn new(mode: Mode) -> Self {
        let person = Person::new(wide());
        let keys = TenantKeys::new(person.tenant, &BTreeMap::from([(1, [7; 32])])).expect("a key");
        Self { person, keys, rules: Rules { mode, ..Rules::default() } }
    }

    fn places(&self, digits: &str) -> Vec<Place> {
        let phone = Phone::parse(digits).expect(digits);
        places(&self.rules, &self.keys, &phone, phone.region(), None, None)
    }

    /// Sends; says whether it goes, and what was found.
    async fn send(&self, hot: &Hot, digits: &str) -> (bool, Option<Hit>) {
        let places = self.places(digits);
        let guarded = Guarded { mode: self.rules.mode, places: &places };
        match self.person.send_guarded(hot, PinId::random(), None, Some(guarded)).await {
            (SendOutcome::Accepted { .. }, found) => (true, found.map(|(_, hit)| hit)),
            (SendOutcome::Refused(Refusal::Fraud), Some((_, hit))) => (false, Some(hit)),
            other => panic!("{other:?}"),
        }
    }

    async fn verify(&self, hot: &Hot, digits: &str, now: u64) {
        let places = self.places(digits);
        hot.count_verified(self.person.tenant, places.iter().map(|place| place.name.as_slice()), now);
        hot.told_events(std::time::Duration::from_secs(5)).await;
    }
}

fn consecutive(number: u32) -> String {
    format!("63917{:07}", 1_230_000 + number)
}

/// Numbers that lie far apart, none of a prefix twice.
fn apart(number: u32) -> String {
    format!("4179{:03}{:04}", 200 + number % 700, (number * 7_919) % 10_000)
}

async fn memory_of(url: &str, pattern: &str) -> (usize, u64) {
    let client = redis::Client::open(url).expect("an address");
    let mut connection = client.get_multiplexed_async_connection().await.expect("Redis answers");
    let keys: Vec<Vec<u8>> = redis::cmd("KEYS").arg(pattern).query_async(&mut connection).await.expect("keys");
    let mut bytes = 0;
    for key in &keys {
        let used: u64 = redis::cmd("MEMORY").arg("USAGE").arg(key).query_async(&mut connection).await.expect("a size");
        let left: i64 = redis::cmd("PTTL").arg(key).query_async(&mut connection).await.expect("a time");
        assert!(left > 0, "every key of the guard ends by itself");
        bytes += used;
    }
    (keys.len(), bytes)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_thousand_consecutive_sends_at_most_a_hundredth_goes_and_another_country_is_untouched() {
    let server = Redis::fresh();
    let (hots, tenant) = ([hot(&server.url()), hot(&server.url())], Tenant::new(Mode::Block));
    let at = |number: u32| NOON + u64::from(number) * 200;
    let sends = stream::iter(0..10_000_u32).map(|number| {
        let (tenant, hot) = (&tenant, hots[number as usize % 2].at(at(number)));
        async move {
            let mut legitimate = None;
            if number % 40 == 0 {
                legitimate = Some(tenant.send(&hot, &apart(number / 40)).await.0);
                tenant.verify(&hot, &apart(number / 40), at(number)).await;
            }
            (tenant.send(&hot, &consecutive(number)).await.0, legitimate)
        }
    });
    let outcomes: Vec<_> = sends.buffered(20).collect().await;
    let gone = outcomes.iter().filter(|(went, _)| *went).count();
    assert!((1..=100).contains(&gone), "{gone} of 10 000 went");
    let legitimate: Vec<bool> = outcomes.iter().filter_map(|(_, legitimate)| *legitimate).collect();
    assert_eq!(legitimate.len(), 250);
    assert!(legitimate.iter().all(|went| *went), "a message to another country was held up");
    assert!(tenant.send(&hots[0].at(at(9_999)), "639209876543").await.0, "another prefix of the country goes");
    // A tenant's messages are held up by its own numbers only.
    assert!(Tenant::new(Mode::Block).send(&hots[0].at(at(9_999)), &consecutive(5_000)).await.0);
    let (keys, bytes) = memory_of(&server.url(), "*:guard:*").await;
    assert!(keys <= 4 && bytes < 100_000, "{keys} keys with {bytes} bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_grows_is_listed_and_ends_by_hand() {
    let server = Redis::fresh();
    let (hot, tenant) = (hot(&server.url()), Tenant::new(Mode::Block));
    let mut now = NOON;
    for (strikes, hours) in [(1, 1), (2, 6), (3, 24)] {
        let mut number = 0;
        let hit = loop {
            let (went, hit) = tenant.send(&hot.at(now), &apart(number)).await;
            number += 13;
            now += 1_000;
            if !went {
                break hit.expect("it says why");
            }
        };
        assert_eq!((hit.rule, hit.sends, hit.verified), (Rule::Conversion, 50, 0));
        assert_eq!(hit.until_ms, now - 1_000 + hours * HOUR_MS);
        let blocks = hot.at(now).blocks(tenant.person.tenant).await.expect("Redis answers");
        assert_eq!(blocks.len(), 1);
        assert_eq!((blocks[0].about().as_str(), blocks[0].strikes, blocks[0].until_ms), ("country CH", strikes, hit.until_ms));
        assert!(!tenant.send(&hot.at(hit.until_ms - 1), &apart(1)).await.0);
        now = hit.until_ms + 2 * HOUR_MS;
        assert!(hot.at(now).blocks(tenant.person.tenant).await.expect("Redis answers").is_empty());
    }
    let refused = loop {
        now += 10;
        if !tenant.send(&hot.at(now), &consecutive((now % 1_000) as u32)).await.0 {
            break now;
        }
    };
    let name = hot.at(refused).blocks(tenant.person.tenant).await.expect("Redis answers").remove(0).name;
    assert!(hot.at(refused).unblock(tenant.person.tenant, &name).await.expect("Redis answers"));
    assert!(!hot.at(refused).unblock(tenant.person.tenant, &name).await.expect("Redis answers"));
    assert!(tenant.send(&hot.at(refused), &consecutive(7)).await.0, "it begins anew");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_recorded_goes_and_off_leaves_nothing() {
    let server = Redis::fresh();
    let hot = hot(&server.url());
    let tenant = Tenant::new(Mode::Record);
    let mut hits = 0;
    for number in 0..100 {
        let (went, hit) = tenant.send(&hot.at(NOON), &consecutive(number)).await;
        assert!(went);
        hits += u32::from(hit.is_some());
    }
    assert!((80..100).contains(&hits), "{hits} hits");
    assert!(hot.at(NOON).blocks(tenant.person.tenant).await.expect("Redis answers").is_empty(), "nothing is blocked");
    assert!(memory_of(&server.url(), "*:guard:*").await.0 > 0);
    let server = Redis::fresh();
    let (hot, tenant) = (support::hot(&server.url()), Tenant::new(Mode::Off));
    for number in 0..100 {
        assert_eq!(tenant.send(&hot.at(NOON), &consecutive(number)).await, (true, None));
    }
    assert_eq!(memory_of(&server.url(), "*:guard:*").await.0, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_at_once_never_pass_a_limit() {
    let server = Redis::fresh();
    let hots = [hot(&server.url()), hot(&server.url())];
    let mut tenant = Tenant::new(Mode::Block);
    tenant.rules.per_hour.country = Some(20);
    let sends = (0..50_u32).map(|number| {
        let (tenant, hot) = (&tenant, &hots[number as usize % 2]);
        async move { tenant.send(hot, &apart(number * 13)).await.0 }
    });
    let outcomes = futures::future::join_all(sends).await;
    assert_eq!(outcomes.into_iter().filter(|went| *went).count(), 20);
}

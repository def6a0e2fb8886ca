//! Spraying in a real Redis: a wrong guess at each of many PINs is stopped at its source, and others go on meanwhile.

mod support;

use pinfold_core::alphabet::Classes;
use pinfold_core::event::{Event, Kind};
use pinfold_core::id::PinId;
use pinfold_core::keys::Digest;
use pinfold_core::life::{Refusal, Verdict};
use pinfold_core::spray::Budget;
use pinfold_redis::{Guess, GuessOf, GuessSource, Hot};
use pinfold_testkit::Redis;
use support::{Person, RIGHT, WRONG, hot, wide};

const NOON: u64 = 1_795_262_400_000;
const ATTACKER: u8 = 1;
const BACKEND: u8 = 2;

async fn guess(hot: &Hot, person: &Person, pin: PinId, digest: Digest, source: u8, refuses: bool) -> Verdict {
    let guess = Guess {
        tenant: person.tenant,
        of: GuessOf::Pin(pin),
        classes: Classes::of("123456").expect("digits"),
        digests: &[(1, digest)],
        success_key: None,
        source: Some(GuessSource { hash: [source; 8], budget: Budget::default(), refuses }),
    };
    hot.verify(&guess).await.expect("Redis answers").verdict
}

/// A PIN of a number that has no other, sent by the tenant of `person`.
async fn pin_of(hot: &Hot, person: &mut Person) -> PinId {
    person.subject = *PinId::random().as_bytes().first_chunk().expect("16 bytes");
    person.send(hot).await
}

async fn sprays_told(url: &str) -> usize {
    let client = redis::Client::open(url).expect("an address");
    let mut connection = client.get_multiplexed_async_connection().await.expect("Redis answers");
    let keys: Vec<String> = redis::cmd("KEYS").arg("*:events").query_async(&mut connection).await.expect("keys");
    let mut told = 0;
    for key in keys {
        type Entries = Vec<(String, Vec<(String, Vec<u8>)>)>;
        let entries: Entries =
            redis::cmd("XRANGE").arg(key).arg("-").arg("+").query_async(&mut connection).await.expect("events");
        let events = entries.iter().flat_map(|(_, fields)| fields).filter(|(field, _)| field == "e");
        told += events.filter(|(_, event)| Event::decode(event, NOON).is_some_and(|event| event.kind == Kind::Sprayed)).count();
    }
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_sprays_is_stopped_within_seconds_and_everybody_elses_codes_are_good() {
    let server = Redis::fresh();
    let (hot, mut person) = (hot(&server.url()), Person::new(wide()));
    let (mut judged, mut good) = (0, 0);
    for number in 0..500_u64 {
        let hot = hot.at(NOON + number * 240);
        let pin = pin_of(&hot, &mut person).await;
        match guess(&hot, &person, pin, WRONG, ATTACKER, true).await {
            Verdict::Wrong { remaining: 4 } => judged += 1,
            Verdict::Refused(Refusal::Throttled { retry_ms }) => assert!((1..=6_000).contains(&retry_ms), "{retry_ms}"),
            other => panic!("{other:?}"),
        }
        if number % 10 == 0 {
            let pin = pin_of(&hot, &mut person).await;
            // One of five mistypes first.
            if number % 50 == 0 {
                assert_eq!(guess(&hot, &person, pin, WRONG, BACKEND, true).await, Verdict::Wrong { remaining: 4 });
            }
            good += u32::from(matches!(guess(&hot, &person, pin, RIGHT, BACKEND, true).await, Verdict::Verified { .. }));
        }
    }
    assert_eq!(good, 50, "everybody else's codes are good");
    assert!((50..=70).contains(&judged), "{judged} of 500 were judged in two minutes");
    assert!(sprays_told(&server.url()).await > 0, "an event tells of it");
    // What was refused was not spent, and another tenant does not know the source.
    let hot = hot.at(NOON + 120_000);
    let mut other = Person::new(wide());
    let pin = pin_of(&hot, &mut other).await;
    assert_eq!(guess(&hot, &other, pin, WRONG, ATTACKER, true).await, Verdict::Wrong { remaining: 4 });
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_only_recorded_is_judged_and_told_a_few_times() {
    let server = Redis::fresh();
    let (hot, mut person) = (hot(&server.url()).at(NOON), Person::new(wide()));
    for _ in 0..120 {
        let pin = pin_of(&hot, &mut person).await;
        assert_eq!(guess(&hot, &person, pin, WRONG, ATTACKER, false).await, Verdict::Wrong { remaining: 4 });
    }
    assert_eq!(sprays_told(&server.url()).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_at_once_never_pass_the_budget() {
    let server = Redis::fresh();
    let (hot, mut person) = (hot(&server.url()).at(NOON), Person::new(wide()));
    let mut pins = Vec::new();
    for _ in 0..150 {
        pins.push(pin_of(&hot, &mut person).await);
    }
    let guesses = pins.iter().map(|pin| guess(&hot, &person, *pin, WRONG, ATTACKER, true));
    let verdicts = futures::future::join_all(guesses).await;
    assert_eq!(verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Wrong { .. })).count(), 50);
}

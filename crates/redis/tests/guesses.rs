//! What guesses leave behind: one event each, however many come at once, and no more than that.

mod support;

use std::time::Duration;

use futures::future::join_all;
use pinfold_core::event::Kind;
use pinfold_core::life::Verdict;
use pinfold_core::limits::{Limits, Lockout};
use pinfold_redis::{EventReader, Hot, Settings};
use pinfold_testkit::Redis;
use support::{Person, RIGHT, WRONG, hot, wide};

const SOON: Duration = Duration::from_secs(5);

/// The events of a tenant's partition, counted by kind.
async fn told(hot: &Hot, person: &Person) -> [usize; 3] {
    hot.told_events(SOON).await;
    let reader = EventReader::new(hot, "test".to_owned()).expect("a reader");
    let mut kinds = Vec::new();
    for _ in 0..2 {
        // The first read makes the group.
        let entries =
            reader.take(&[hot.partition(person.tenant)], 1_000, Duration::from_millis(10)).await.expect("Redis answers");
        kinds.extend(entries.into_iter().flat_map(|entry| entry.events).map(|event| event.expect("a whole event").kind));
    }
    [Kind::Wrong, Kind::Exhausted, Kind::Verified].map(|kind| kinds.iter().filter(|it| **it == kind).count())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_guess_leaves_one_event() {
    let server = Redis::fresh();
    let hot = hot(&server.url());
    let handles = [hot.separate().expect("a handle"), hot.clone()];
    let person = Person::new(Limits { pin_attempts: 200, ..wide() });
    let pin = person.send(&hot).await;
    let exhausted = person.send(&hot).await;
    join_all((0..90).map(|number| person.guess(&handles[number % 2], pin, WRONG))).await;
    assert_eq!(person.guess(&hot, pin, RIGHT).await, Verdict::Verified { remaining: 109 });
    assert!(matches!(person.guess(&hot, pin, RIGHT).await, Verdict::Terminal(_)), "that one leaves nothing");
    // The right guess forgot the failures: the number is not locked.
    for _ in 0..5 {
        person.guess(&hot, exhausted, WRONG).await;
    }
    assert_eq!(told(&hot, &person).await, [95, 0, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_wrong_guess_is_told_as_such_and_a_repeated_answer_not_at_all() {
    let server = Redis::fresh();
    let hot = hot(&server.url());
    let person = Person::new(Limits { pin_attempts: 3, ..wide() });
    let (exhausted, verified) = (person.send(&hot).await, person.send(&hot).await);
    for _ in 0..4 {
        person.guess(&hot, exhausted, WRONG).await;
    }
    for _ in 0..3 {
        let verdict = person.guess_with(&hot, verified, RIGHT, Some([7; 8])).await;
        assert_eq!(verdict, Verdict::Verified { remaining: 2 });
    }
    assert_eq!(told(&hot, &person).await, [2, 1, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_guess_counts_as_no_check() {
    let server = Redis::fresh();
    let hot = hot(&server.url());
    let person = Person::new(Limits { verify: "1/1h".parse().expect("a rate"), ..wide() });
    for _ in 0..3 {
        let pin = person.send(&hot).await;
        assert!(matches!(person.guess(&hot, pin, RIGHT).await, Verdict::Verified { .. }));
    }
    let pin = person.send(&hot).await;
    assert!(matches!(person.guess(&hot, pin, WRONG).await, Verdict::Wrong { .. }));
    assert!(matches!(person.guess(&hot, pin, RIGHT).await, Verdict::Refused(_)), "the wrong one was a check");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pin_dies_in_time_whatever_retention_whoever_verifies_it_is_set_to() {
    let server = Redis::fresh();
    let person = Person::new(Limits { time_to_live: "1s".parse().expect("a span"), ..wide() });
    let pin = person.send(&hot(&server.url())).await;
    let (short, long) = (keeping(&server.url(), 1), keeping(&server.url(), 86_400));
    assert!(matches!(person.guess(&long, pin, WRONG).await, Verdict::Wrong { .. }), "it lives");
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    for other in [short, long] {
        assert!(matches!(person.guess(&other, pin, RIGHT).await, Verdict::Terminal(_)), "it is dead");
    }
}

/// A handle whose PINs are kept for so many seconds after their end.
fn keeping(url: &str, retention_seconds: u64) -> Hot {
    let settings = Settings { url: url.to_owned().into(), retention_seconds, ..Settings::default() };
    Hot::lazy(&settings, &Lockout::default()).expect("settings are usable")
}

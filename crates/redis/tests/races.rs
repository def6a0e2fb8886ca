//! What must hold when many requests come at once, over two connections as over two instances.

mod support;

use futures::future::join_all;
use pinfold_core::id::PinId;
use pinfold_core::life::{Refusal, SendOutcome, Terminal, Verdict};
use pinfold_core::limits::Limits;
use pinfold_redis::Idempotency;
use pinfold_testkit::Redis;
use support::{Person, RIGHT, WRONG, hot, wide};

#[tokio::test(flavor = "multi_thread")]
async fn of_parallel_right_guesses_exactly_one_succeeds() {
    let server = Redis::fresh();
    let hots = [hot(&server.url()), hot(&server.url())];
    for _ in 0..50 {
        let person = Person::new(Limits { pin_attempts: 200, ..wide() });
        let pin = person.send(&hots[0]).await;
        let verdicts = join_all((0..100).map(|number| person.guess(&hots[number % 2], pin, RIGHT))).await;
        let successes = verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Verified { .. })).count();
        assert_eq!(successes, 1);
        assert_eq!(verdicts.iter().filter(|verdict| **verdict == Verdict::Terminal(Terminal::AlreadyVerified)).count(), 99);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_wrong_guesses_never_exceed_the_attempts() {
    let server = Redis::fresh();
    let hots = [hot(&server.url()), hot(&server.url())];
    for attempts in [1, 5, 10] {
        let person = Person::new(Limits { pin_attempts: attempts, ..wide() });
        let pin = person.send(&hots[0]).await;
        let verdicts = join_all((0..100).map(|number| person.guess(&hots[number % 2], pin, WRONG))).await;
        let mut left: Vec<u8> = verdicts
            .iter()
            .filter_map(|verdict| if let Verdict::Wrong { remaining } = verdict { Some(*remaining) } else { None })
            .collect();
        left.sort_unstable();
        assert_eq!(left, (0..attempts).collect::<Vec<_>>(), "each guess is counted once");
        assert_eq!(person.guess(&hots[0], pin, RIGHT).await, Verdict::Terminal(Terminal::Exhausted));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_sends_never_exceed_the_limit() {
    let server = Redis::fresh();
    let hots = [hot(&server.url()), hot(&server.url())];
    for _ in 0..20 {
        let person = Person::new(Limits { send_per_number: "3/1h".parse().expect("a rate"), ..wide() });
        let outcomes = join_all((0..100).map(|number| person.send_with(&hots[number % 2], PinId::random(), None))).await;
        assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, SendOutcome::Accepted { .. })).count(), 3);
        let refused = |outcome: &&SendOutcome| matches!(outcome, SendOutcome::Refused(Refusal::NumberLimit { retry_ms }) if *retry_ms <= 3_600_000);
        assert_eq!(outcomes.iter().filter(refused).count(), 97);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_sends_with_one_key_queue_one_message() {
    let server = Redis::fresh();
    let hots = [hot(&server.url()), hot(&server.url())];
    let person = Person::new(wide());
    let key = Some(Idempotency { key: [1; 16], body: [1; 16] });
    let outcomes = join_all((0..50).map(|number| person.send_with(&hots[number % 2], PinId::random(), key))).await;
    let accepted = outcomes.iter().filter(|outcome| matches!(outcome, SendOutcome::Accepted { .. })).count();
    let repeated: std::collections::HashSet<_> = outcomes
        .iter()
        .filter_map(|outcome| if let SendOutcome::Repeated { pin, .. } = outcome { Some(*pin) } else { None })
        .collect();
    assert_eq!((accepted, repeated.len()), (1, 1));
    let depth = hots[0].depth(hots[0].partition(person.tenant)).await.expect("Redis answers");
    assert_eq!(depth.jobs, 1);
    let other = Some(Idempotency { key: [1; 16], body: [2; 16] });
    assert_eq!(person.send_with(&hots[0], PinId::random(), other).await, SendOutcome::KeyReused);
    let stranger = Person::new(wide());
    assert!(
        matches!(stranger.send_with(&hots[0], PinId::random(), other).await, SendOutcome::Accepted { .. }),
        "keys are the tenant's own"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_success_is_given_again_to_its_key_only() {
    let server = Redis::fresh();
    let hot = hot(&server.url());
    let person = Person::new(wide());
    let pin = person.send(&hot).await;
    assert_eq!(person.guess_with(&hot, pin, RIGHT, Some([5; 8])).await, Verdict::Verified { remaining: 4 });
    assert_eq!(person.guess_with(&hot, pin, RIGHT, Some([5; 8])).await, Verdict::Verified { remaining: 4 });
    assert_eq!(person.guess_with(&hot, pin, RIGHT, Some([6; 8])).await, Verdict::Terminal(Terminal::AlreadyVerified));
    assert_eq!(person.guess_with(&hot, pin, WRONG, Some([5; 8])).await, Verdict::Terminal(Terminal::AlreadyVerified));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_finds_nothing_and_locks_nobody() {
    let server = Redis::fresh();
    let hot = hot(&server.url());
    let person = Person::new(Limits { lock_after: "2/1h".parse().expect("a rate"), ..wide() });
    let pin = person.send(&hot).await;
    let stranger = Person { tenant: pinfold_core::id::TenantId::random(), ..Person::new(wide()) };
    for _ in 0..5 {
        assert_eq!(stranger.guess(&hot, pin, RIGHT).await, Verdict::Unknown);
        assert_eq!(person.guess(&hot, PinId::random(), WRONG).await, Verdict::Unknown);
    }
    assert_eq!(person.guess(&hot, pin, RIGHT).await, Verdict::Verified { remaining: 4 });
}

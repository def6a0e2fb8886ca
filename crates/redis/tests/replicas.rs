//! Promise 101: what was answered strictly is not lost with the server, and a failover is followed by itself.

mod support;

use std::time::Duration;

use pinfold_core::id::PinId;
use pinfold_core::life::{SendOutcome, Terminal, Verdict};
use pinfold_core::limits::Lockout;
use pinfold_redis::{Error, Hot, Idempotency, Mode, Queue, Settings};
use pinfold_testkit::{Redis, RedisServer, Sentinels};
use support::{Person, RIGHT, WRONG, hot, wide};
use tokio::time::{Instant, sleep, timeout};

const NAME: &str = "pinfold";
/// A failover is over after so long, by promise.
const FAILOVER: Duration = Duration::from_secs(5);

/// A server with a replica that has all of it.
async fn pair() -> (RedisServer, RedisServer, Hot) {
    let server = Redis::private().start();
    let replica = Redis::private().replica_of(&server).start();
    let hot = hot(&server.url());
    let is_replicated = async { while !hot.is_replicated().await.expect("Redis answers") {} };
    timeout(Duration::from_secs(20), is_replicated).await.expect("the replica follows");
    (server, replica, hot)
}

fn watched(sentinels: &Sentinels) -> Hot {
    let (url, sentinels) = (Sentinels::master_url(NAME).into(), sentinels.urls().into());
    let settings = Settings { url, sentinels, mode: Mode::Sentinel, ..Settings::default() };
    settings.check().expect("settings are usable");
    Hot::lazy(&settings, &Lockout::default()).expect("settings are usable")
}

/// Waits until Sentinel has found all that there is to find of a server with one replica.
async fn settle(sentinels: &Sentinels) {
    for url in sentinels.urls().split(',') {
        let client = redis::Client::open(url).expect("an address");
        let mut sentinel = client.get_multiplexed_async_connection().await.expect("Sentinel answers");
        let knows = async {
            loop {
                let ask = redis::cmd("SENTINEL").arg("MASTERS").to_owned();
                let found: Vec<std::collections::HashMap<String, String>> =
                    ask.query_async(&mut sentinel).await.expect("masters");
                let is = |what, count: &str| found.iter().any(|it| it.get(what).is_some_and(|it| it == count));
                if is("num-slaves", "1") && is("num-other-sentinels", "2") {
                    return;
                }
                sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(Duration::from_secs(30), knows).await.expect("Sentinels find each other");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_replica_has_is_not_answered_strictly() {
    let (_server, replica, hot) = pair().await;
    let (strict, person) = (hot.strictly(), Person::new(wide()));
    let pins = [person.send(&strict).await, person.send(&strict).await];
    assert_eq!(person.guess(&strict, pins[0], WRONG).await, Verdict::Wrong { remaining: 4 });

    replica.freeze();
    let is_unknown = |error: &Error| matches!(error, Error::NotReplicated) && error.is_unavailable();
    let key = Idempotency { key: [7; 16], body: [8; 16] };
    for _ in 0..2 {
        // The second time nothing is written, and still nobody but this server has it.
        let error = person.try_send(&strict, PinId::random(), Some(key)).await.expect_err("the replica is frozen");
        assert!(is_unknown(&error), "{error:?}");
    }
    let error = person.try_guess(&strict, pins[0], RIGHT).await.expect_err("the replica is frozen");
    assert!(is_unknown(&error), "{error:?}");
    person.send(&hot).await;

    replica.thaw();
    assert_eq!(person.guess(&strict, pins[0], RIGHT).await, Verdict::Terminal(Terminal::AlreadyVerified), "it was carried out");
    assert!(matches!(person.try_send(&strict, PinId::random(), Some(key)).await, Ok(SendOutcome::Repeated { .. })));
    assert_eq!(person.guess(&strict, pins[1], RIGHT).await, Verdict::Verified { remaining: 4 });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failover_loses_nothing_that_was_answered_strictly() {
    let (mut server, replica, _) = pair().await;
    let sentinels = Sentinels::of(&server, NAME);
    settle(&sentinels).await;
    let strict = watched(&sentinels).strictly();
    let person = Person::new(wide());
    let used = person.send(&strict).await;
    assert_eq!(person.guess(&strict, used, RIGHT).await, Verdict::Verified { remaining: 4 });

    // The replica stops; half a second later the server dies, and with it what only it has.
    let (mut sent, mut verified, mut refused) = (Vec::new(), Vec::new(), 0);
    for round in 0..40 {
        if round == 20 {
            replica.freeze();
        }
        let pin = PinId::random();
        match person.try_send(&strict, pin, None).await {
            Ok(SendOutcome::Accepted { .. }) => sent.push(pin),
            answer => refused += usize::from(answer.is_err()),
        }
        let of = sent[sent.len() / 2];
        match person.try_guess(&strict, of, RIGHT).await {
            Ok(Verdict::Verified { .. }) => verified.push(of),
            answer => refused += usize::from(answer.is_err()),
        }
        if refused > 0 {
            break;
        }
    }
    assert!(sent.len() >= 20 && !verified.is_empty() && refused > 0, "{} {} {refused}", sent.len(), verified.len());
    server.kill();
    replica.thaw();

    // One server is left, so nobody can wait for a replica any more.
    let until = Instant::now() + 2 * FAILOVER;
    while person.try_send(&watched(&sentinels), PinId::random(), None).await.is_err() {
        assert!(Instant::now() < until, "no server took over");
        sleep(Duration::from_millis(50)).await;
    }
    let plain = watched(&sentinels);
    for pin in &sent {
        let verdict = person.guess(&plain, *pin, WRONG).await;
        let wanted =
            if verified.contains(pin) { Verdict::Terminal(Terminal::AlreadyVerified) } else { Verdict::Wrong { remaining: 4 } };
        assert_eq!(verdict, wanted);
    }
    assert_eq!(person.guess(&plain, used, RIGHT).await, Verdict::Terminal(Terminal::AlreadyVerified));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failover_is_followed_by_requests_and_by_readers_of_queues() {
    let (mut server, _replica, _) = pair().await;
    let sentinels = Sentinels::of(&server, NAME);
    settle(&sentinels).await;
    let hot = watched(&sentinels);
    let person = Person::new(wide());
    let pin = person.send(&hot).await;
    assert!(hot.probe().await.expect("the master answers").needs_password);
    let queue = Queue::new(&hot, "reader".into()).expect("settings are usable");
    let partitions = [hot.partition(person.tenant)];
    let take = async || queue.take(&partitions, 10, Duration::from_millis(100)).await.map(|taken| taken.len());
    let mut taken = take().await.expect("groups are made") + take().await.expect("a queue");
    assert_eq!(taken, 1);
    while !hot.is_replicated().await.expect("Redis answers") {}

    server.kill();
    let until = Instant::now() + FAILOVER + Duration::from_secs(1);
    let mut refusals = 0;
    while let Err(error) = person.try_send(&hot, PinId::random(), None).await {
        assert!(error.is_unavailable(), "{error:?}");
        assert!(Instant::now() < until, "no server took over: {error:?}");
        refusals += 1;
        sleep(Duration::from_millis(20)).await;
    }
    assert!(refusals > 0, "a server that died is missed");
    assert_eq!(person.guess(&hot, pin, RIGHT).await, Verdict::Verified { remaining: 4 });
    while taken < 2 {
        taken += take().await.unwrap_or(0);
        assert!(Instant::now() < until + FAILOVER, "nothing of the new server's queue is read");
    }
}

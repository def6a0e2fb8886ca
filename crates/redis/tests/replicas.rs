//! Promise 101: what was answered strictly is not lost with the server, and a failover is followed by itself.

mod support;

use std::time::Duration;

use pinfold_core::id::{PinId, TenantId};
use pinfold_core::life::{Terminal, Verdict};
use pinfold_core::limits::Lockout;
use pinfold_redis::{Error, Hot, Mode, Queue, Settings};
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
    let follows = async { while hot.replicated(TenantId::random()).await.is_err() {} };
    timeout(Duration::from_secs(20), follows).await.expect("the replica follows");
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
async fn what_no_replica_has_is_known_whoever_wrote_it() {
    let (server, replica, hot) = pair().await;
    let person = Person::new(wide());
    person.send(&hot).await;
    hot.replicated(person.tenant).await.expect("the replica has it");

    replica.freeze();
    person.send(&hot).await;
    for asker in [&hot, &hot.separate().expect("settings are usable"), &support::hot(&server.url())] {
        let error = asker.replicated(person.tenant).await.expect_err("the replica is frozen");
        assert!(matches!(error, Error::NotReplicated) && error.is_unavailable(), "{error:?}");
    }

    replica.thaw();
    hot.replicated(person.tenant).await.expect("the replica goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failover_loses_nothing_that_was_answered_strictly() {
    let (mut server, replica, _) = pair().await;
    let sentinels = Sentinels::of(&server, NAME);
    settle(&sentinels).await;
    let (hot, person) = (watched(&sentinels), Person::new(wide()));
    let used = person.send(&hot).await;
    assert_eq!(person.guess(&hot, used, RIGHT).await, Verdict::Verified { remaining: 4 });
    hot.replicated(person.tenant).await.expect("the replica has it");

    // The replica stops; half a second later the server dies, and with it what only it has.
    let (mut sent, mut verified, mut refused) = (Vec::new(), Vec::new(), 0);
    for round in 0..40 {
        if round == 20 {
            replica.freeze();
        }
        let pin = person.send(&hot).await;
        match hot.replicated(person.tenant).await {
            Ok(()) => sent.push(pin),
            Err(_) => refused += 1,
        }
        let of = sent[sent.len() / 2];
        let verdict = person.guess(&hot, of, RIGHT).await;
        match (verdict, hot.replicated(person.tenant).await) {
            (Verdict::Verified { .. }, Ok(())) => verified.push(of),
            (_, answer) => refused += usize::from(answer.is_err()),
        }
        if refused > 0 {
            break;
        }
    }
    assert!(sent.len() >= 20 && !verified.is_empty() && refused > 0, "{} {} {refused}", sent.len(), verified.len());
    server.kill();
    replica.thaw();

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
    hot.replicated(person.tenant).await.expect("the replica has it");

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

//! What callers see when Redis is away, restarts or refuses to write: an error that says so, never a verdict.

mod support;

use std::time::{Duration, Instant};

use pinfold_core::life::Verdict;
use pinfold_redis::Queue;
use pinfold_testkit::{AppendOnly, Redis, RedisServer, Relay};
use support::{Person, RIGHT, hot, wide};

#[tokio::test(flavor = "multi_thread")]
async fn away_is_an_error_within_two_seconds_and_back_is_back() {
    let mut server = Redis::private().append_only(AppendOnly::Always).start();
    let hot = hot(&server.url());
    let person = Person::new(wide());
    let pin = person.send(&hot).await;
    server.kill();
    for _ in 0..3 {
        #[expect(clippy::disallowed_methods, reason = "a bound of seconds on a hang")]
        let started = Instant::now();
        let error = hot.peek(person.tenant, pin).await.expect_err("Redis is away");
        assert!(error.is_unavailable(), "{error:?}");
        assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    }
    server.restart();
    // Idle since the loss, so this connection meets its failed reconnection first.
    let verdict = person.guess(&hot, pin, RIGHT).await;
    assert_eq!(verdict, Verdict::Verified { remaining: 4 }, "an acknowledged PIN survives, and the function is known again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_went_silent_is_replaced() {
    let server = Redis::fresh();
    let relay = Relay::to(&server.url()).await;
    let hot = hot(&relay.url());
    let person = Person::new(wide());
    let pin = person.send(&hot).await;
    let queue = Queue::new(&hot, "reader".into()).expect("settings are usable");
    let partitions = [hot.partition(person.tenant)];
    let take = async || queue.take(&partitions, 10, Duration::from_millis(100)).await;
    let mut taken = take().await.expect("groups are made").len();
    taken += take().await.expect("a queue").len();
    assert_eq!(taken, 1);

    relay.forget();
    assert!(hot.peek(person.tenant, pin).await.expect_err("nothing comes back").is_unavailable());
    assert!(take().await.expect_err("nothing comes back").is_unavailable());
    hot.peek(person.tenant, pin).await.expect("another connection");
    person.send(&hot).await;
    assert_eq!(take().await.expect("another connection").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_server_refuses_and_keeps_its_counters() {
    let server = Redis::private().max_memory("3mb", "noeviction").start();
    let hot = hot(&server.url());
    let person = Person { sealed: vec![7; 4_000], ..Person::new(wide()) };
    let mut refused = None;
    for _ in 0..2_000 {
        let pin = pinfold_core::id::PinId::random();
        match send(&hot, &person, pin).await {
            Ok(()) => {}
            Err(error) => {
                refused = Some(error);
                break;
            }
        }
    }
    let error = refused.expect("three megabytes fill up");
    assert!(error.is_unavailable(), "{error:?}");
    assert!(hot.probe().await.expect("a full server answers").eviction_policy == "noeviction");
}

async fn send(hot: &pinfold_redis::Hot, person: &Person, pin: pinfold_core::id::PinId) -> Result<(), pinfold_redis::Error> {
    hot.send(&pinfold_redis::Send {
        tenant: person.tenant,
        pin,
        application: person.application,
        message: pinfold_core::id::MessageId::from_bytes([3; 16]),
        subject: person.subject,
        channel: pinfold_core::channel::Channel::Sms,
        flags: pinfold_redis::Flags::default(),
        limits: &person.limits,
        budget: pinfold_core::caps::Budget::default(),
        attempts: person.limits.pin_attempts,
        time_to_live_ms: 300_000,
        key_version: 1,
        length: 6,
        alphabet: pinfold_core::alphabet::Alphabet::Numeric,
        digest: RIGHT,
        sealed: &person.sealed,
        pointer: None,
        when_live: pinfold_core::life::WhenLive::Replace,
        pause_ms: 0,
        idempotency: None,
        fallback: None,
        is_queued: true,
        caller_limits: &[],
        trace: None,
    })
    .await
    .map(|_| ())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unfit_server_is_named() {
    let server = Redis::private().append_only(AppendOnly::Off).max_memory("16mb", "allkeys-lru").start();
    let faults = hot(&server.url()).probe().await.expect("Redis answers").faults();
    assert!(faults.iter().any(|fault| fault.contains("allkeys-lru")), "{faults:?}");
    assert!(faults.iter().any(|fault| fault.contains("appendonly")), "{faults:?}");
    let fit = Redis::private().append_only(AppendOnly::EverySecond).start();
    assert_eq!(hot(&fit.url()).probe().await.expect("Redis answers").faults(), Vec::<String>::new());
}

async fn connection(server: &RedisServer) -> redis::aio::MultiplexedConnection {
    let client = redis::Client::open(server.url()).expect("an address");
    client.get_multiplexed_async_connection().await.expect("Redis answers")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_asks_for_no_password_is_open_whatever_the_address_says() {
    let server = Redis::private().start();
    let mut open = redis::cmd("ACL");
    open.arg("SETUSER").arg("default").arg("nopass");
    open.query_async::<()>(&mut connection(&server).await).await.expect("Redis obeys");
    let faults = hot(&server.url()).probe().await.expect("Redis answers").faults();
    assert_eq!(faults, ["Redis lets anyone in: set a password or an ACL user"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_held_by_somebodys_script_is_unavailable() {
    let server = Redis::private().start();
    let (hot, mut others) = (hot(&server.url()), connection(&server).await);
    let person = Person::new(wide());
    let pin = person.send(&hot).await;
    let mut patience = redis::cmd("CONFIG");
    patience.arg("SET").arg("busy-reply-threshold").arg(50);
    patience.query_async::<()>(&mut others).await.expect("Redis obeys");
    let mut endless = redis::cmd("EVAL");
    endless.arg("while true do end").arg(0);
    let meanwhile = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let error = hot.peek(person.tenant, pin).await.expect_err("Redis is busy");
        assert!(error.is_unavailable(), "{error:?}");
        let mut kill = redis::cmd("SCRIPT");
        kill.arg("KILL").query_async::<()>(&mut connection(&server).await).await.expect("the script ends");
    };
    let (killed, ()) = tokio::join!(endless.query_async::<()>(&mut others), meanwhile);
    killed.expect_err("it was killed");
    assert!(hot.peek(person.tenant, pin).await.expect("Redis answers").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_that_are_silent_and_hold_nothing_are_forgotten() {
    let server = Redis::private().start();
    let hot = hot(&server.url());
    let person = Person::new(wide());
    let partition = hot.partition(person.tenant);
    let jobs = format!("pf:{{{:02}}}:jobs", partition.number());
    let readers = async || {
        let mut consumers = redis::cmd("XINFO");
        consumers.arg("CONSUMERS").arg(&jobs).arg("dispatch");
        let listed: Vec<redis::Value> = consumers.query_async(&mut connection(&server).await).await.expect("Redis answers");
        listed.len()
    };
    assert_eq!(hot.forget_silent_readers(Duration::ZERO).await.expect("Redis answers"), 0, "there is no group yet");
    person.send(&hot).await;
    let holder = pinfold_redis::Queue::new(&hot, "holder".to_owned()).expect("settings are usable");
    // The first look makes the group.
    while holder.take(&[partition], 1, Duration::ZERO).await.expect("Redis answers").is_empty() {}
    for name in ["killed", "killed before"] {
        let mut listed = redis::cmd("XGROUP");
        listed.arg("CREATECONSUMER").arg(&jobs).arg("dispatch").arg(name);
        listed.query_async::<()>(&mut connection(&server).await).await.expect("Redis obeys");
    }
    assert_eq!(hot.forget_silent_readers(Duration::from_secs(3_600)).await.expect("Redis answers"), 0, "they may be alive");
    assert_eq!(readers().await, 3);
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(hot.forget_silent_readers(Duration::from_millis(1)).await.expect("Redis answers"), 2);
    assert_eq!(readers().await, 1, "the one that holds a message stays");
}

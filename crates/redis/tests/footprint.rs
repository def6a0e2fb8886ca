//! What a living PIN costs, and that nothing of it stays.

mod support;

use std::time::Duration;

use pinfold_core::limits::{Limits, Lockout};
use pinfold_redis::{Hot, Settings};
use pinfold_testkit::{AppendOnly, Redis};
use support::{Person, hot, wide};

async fn info(connection: &mut redis::aio::MultiplexedConnection, name: &str) -> u64 {
    let info: redis::InfoDict = redis::cmd("INFO").arg("memory").query_async(connection).await.expect("Redis answers");
    info.get(name).expect("INFO has it")
}

/// Ten thousand PINs of one number: what grows is the records alone, once the queue is emptied.
#[tokio::test(flavor = "multi_thread")]
async fn a_living_pin_takes_at_most_three_hundred_bytes() {
    const PINS: u64 = 10_000;
    // The append-only file's buffer would be counted too.
    let server = Redis::private().append_only(AppendOnly::Off).start();
    let hot = hot(&server.url());
    let client = redis::Client::open(server.url()).expect("an address");
    let mut connection = client.get_multiplexed_async_connection().await.expect("Redis answers");
    let person = Person::new(wide());
    person.send(&hot).await;
    let prefix = format!("pf:{{{:02}}}:", hot.partition(person.tenant).number());
    let mut queue: Vec<Vec<u8>> = ["jobs", "parked", "turns"].map(|it| format!("{prefix}{it}").into_bytes()).into();
    queue.push([format!("{prefix}parked:").as_bytes(), &[0], person.tenant.as_bytes()].concat());
    let _: u64 = redis::cmd("DEL").arg(&queue).query_async(&mut connection).await.expect("Redis answers");
    let before = info(&mut connection, "used_memory").await;
    for _ in 0..PINS / 100 {
        futures::future::join_all((0..100).map(|_| person.send(&hot))).await;
    }
    let _: u64 = redis::cmd("DEL").arg(&queue).query_async(&mut connection).await.expect("Redis answers");
    let each = (info(&mut connection, "used_memory").await - before) / PINS;
    assert!(each <= 300, "{each} bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_pin_outlives_its_retention() {
    let server = Redis::fresh();
    let settings = Settings { url: server.url().into(), retention_seconds: 1, ..Settings::default() };
    let hot = Hot::lazy(&settings, &Lockout::default()).expect("settings are usable");
    let rate = |text: &str| text.parse().expect(text);
    let limits = Limits {
        time_to_live: "1s".parse().expect("a span"),
        send_per_number: rate("1000/1s"),
        send_per_application: rate("1000/1s"),
        verify: rate("1/1s"),
        lock_after: rate("10/1s"),
        ..wide()
    };
    let person = Person::new(limits);
    for _ in 0..20 {
        let pin = person.send(&hot).await;
        person.guess(&hot, pin, support::WRONG).await;
    }
    tokio::time::sleep(Duration::from_millis(3_500)).await;
    let client = redis::Client::open(server.url()).expect("an address");
    let mut connection = client.get_multiplexed_async_connection().await.expect("Redis answers");
    let keys: Vec<Vec<u8>> = redis::cmd("KEYS").arg("pf:*").query_async(&mut connection).await.expect("Redis answers");
    let left: Vec<String> = keys.iter().map(|key| String::from_utf8_lossy(key).into_owned()).collect();
    assert!(left.iter().all(|key| key.ends_with(":jobs") || key.ends_with(":events")), "{left:?}");
}

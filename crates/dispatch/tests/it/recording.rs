//! Events reach PostgreSQL once each, whatever goes away meanwhile.

use std::time::Duration;

use pinfold_core::channel::Channel;
use pinfold_core::event::{Detail, Event, Kind};
use pinfold_core::id::{MessageId, PinId, TenantId};
use pinfold_dispatch::Settings;
use pinfold_testkit::Answer;

use crate::wire::command;
use crate::world::{PATIENCE, hasty, until, world};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deliveries_go_on_without_postgres_and_are_recorded_once_when_it_is_back() {
    let world = world().await;
    let (first, second) = (world.worker(hasty()), world.worker(hasty()));
    let mut sent = world.send_many(20).await;
    world.until_quiet().await;
    world.sql.refuse_connections();
    sent.extend(world.send_many(200).await);
    world.provider.wait_for(220, PATIENCE).await;
    // Longer than the recorders' lease: each sees the other's events as left behind.
    tokio::time::sleep(Duration::from_secs(7)).await;
    world.sql.accept_connections();
    world.until_quiet().await;
    world.assert_each_once(&sent);
    assert_eq!(world.read("SELECT count(*), count(DISTINCT pin_id) FROM events"), "220|220");
    assert_eq!(world.read("SELECT count(*) FROM deliveries WHERE status = 'sent'"), "220");
    let recorded = first.metric("pinfold_events_recorded_total") + second.metric("pinfold_events_recorded_total");
    assert_eq!(recorded as u32, 220);
    first.stop().await;
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_recorders_events_are_taken_over() {
    let world = world().await;
    let dying = world.worker(hasty());
    world.sql.refuse_connections();
    world.send_many(30).await;
    world.provider.wait_for(30, PATIENCE).await;
    until("nothing is left to deliver", async || world.hot.depth(world.partition()).await.unwrap().jobs == 0).await;
    // By now the recorder has events in its hand.
    tokio::time::sleep(Duration::from_millis(600)).await;
    dying.kill().await;
    world.sql.accept_connections();
    let other = world.worker(hasty());
    world.until_quiet().await;
    assert_eq!(world.read("SELECT count(*), count(DISTINCT pin_id) FROM events"), "30|30");
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happened_is_recorded_although_messages_wait_all_the_time() {
    let world = world().await;
    world.provider.answer_once(Answer::ok());
    world.provider.answer(Answer::ok().delayed(Duration::from_secs(60)));
    world.send_many(8).await;
    let worker = world.worker(Settings { concurrency: 1, deadline_ms: 10_000, ..hasty() });
    until("the first is recorded", async || world.read("SELECT count(*) FROM deliveries WHERE status = 'sent'") == "1").await;
    assert!(world.provider.received().len() < 8, "the others still wait");
    worker.kill().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_that_cannot_be_read_or_belong_to_nobody_are_dropped_and_counted() {
    let world = world().await;
    let stream = format!("pf:{{{:02}}}:events", world.partition().number());
    for bytes in [&b"nonsense"[..], b"", &[9; 300]] {
        command(&world.redis.url(), &[b"XADD", stream.as_bytes(), b"*", b"e", bytes]);
    }
    command(&world.redis.url(), &[b"XADD", stream.as_bytes(), b"*", b"other", b"field"]);
    let event = Event {
        kind: Kind::Sent,
        channel: Channel::Sms,
        at_ms: 0,
        created_ms: 1_763_720_000_000,
        expires_ms: 1_763_720_300_000,
        tenant: TenantId::random(),
        pin: PinId::random(),
        message: MessageId::random(),
        subject: [5; 12],
        detail: Detail::default(),
    };
    command(&world.redis.url(), &[b"XADD", stream.as_bytes(), b"*", b"e", &event.encode()]);
    world.provider.answer(Answer::ok().json("{\"id\":\"nul\\u0000\"}"));
    let worker = world.worker(hasty());
    let sent = world.send().await;
    world.until_quiet().await;
    assert_eq!(world.recorded(&sent), "sent|1|");
    assert_eq!(worker.metric(r#"pinfold_events_dropped_total{reason="malformed"}"#) as u32, 4);
    assert_eq!(worker.metric(r#"pinfold_events_dropped_total{reason="unknown_tenant"}"#) as u32, 1);
    worker.stop().await;
}

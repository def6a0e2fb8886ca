//! What is accepted is delivered once, by the right way.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use pinfold_redis::Flags;
use pinfold_testkit::Answer;

use crate::world::{PATIENCE, connection, hasty, until, world};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_message_is_delivered_once_with_its_pin_and_recorded() {
    let world = world().await;
    world.provider.answer(Answer::ok().json(r#"{"id":"P-1"}"#));
    let mut sent = world.send_many(150).await;
    let worker = world.worker(hasty());
    sent.extend(world.send_many(150).await);
    world.provider.wait_for(300, PATIENCE).await;
    world.until_quiet().await;
    world.assert_each_once(&sent);
    assert_eq!(world.recorded(&sent[0]), "sent|1|");
    assert_eq!(world.read("SELECT count(*), min(segments), min(provider_id) FROM deliveries WHERE status = 'sent'"), "300|1|P-1");
    let accepted = r#"pinfold_deliveries_total{channel="sms",connector="http",outcome="accepted"}"#;
    assert_eq!(worker.metric(accepted) as u32, 300);
    assert_eq!(worker.metric("pinfold_events_recorded_total") as u32, 300);
    assert_eq!(worker.metric(r#"pinfold_delivery_seconds_count{channel="sms",connector="http"}"#) as u32, 300);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_workers_share_the_queue_and_repeat_nothing() {
    let world = world().await;
    world.provider.answer(Answer::ok().delayed(Duration::from_millis(30)));
    let workers: Vec<_> = (0..4).map(|_| world.worker(hasty())).collect();
    let sent = world.send_many(400).await;
    world.until_quiet().await;
    world.assert_each_once(&sent);
    for worker in workers {
        worker.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sandbox_messages_go_to_the_simulator_alone() {
    let world = world().await;
    world.simulator.answer(Answer::ok().json(r#"{"id":"S-1"}"#));
    let worker = world.worker(hasty());
    let flags = Flags { is_sandbox: true, ..Flags::default() };
    let sent = world.send_with(world.tenant, Duration::from_secs(60), flags).await;
    let shown = world.simulator.wait_for(1, PATIENCE).await[0].json();
    assert!(shown["text"].as_str().unwrap().contains(&sent.code), "{shown}");
    world.until_quiet().await;
    assert!(world.provider.received().is_empty());
    assert_eq!(world.read("SELECT connection_id IS NULL, provider_id, status FROM deliveries"), "t|S-1|sent");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_of_a_test_number_go_nowhere_and_are_sent() {
    let world = world().await;
    let worker = world.worker(hasty());
    let flags = Flags { is_sandbox: true, is_test: true, ..Flags::default() };
    let sent = world.send_with(world.tenant, Duration::from_secs(60), flags).await;
    world.until_quiet().await;
    assert!(world.provider.received().is_empty() && world.simulator.received().is_empty());
    assert_eq!(world.recorded(&sent), "sent|1|test_number");
    assert_eq!(world.read("SELECT connection_id IS NULL, provider_id IS NULL, segments FROM deliveries"), "t|t|1");
    assert_eq!(world.read("SELECT is_test FROM verifications"), "t");
    assert_eq!(world.read("SELECT count(*) FROM usage_days"), "0");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_route_made_just_before_the_send_is_found() {
    let world = world().await;
    let worker = world.worker(hasty());
    for round in 0..10 {
        let customer = world.customer(&format!("new-{round}")).await;
        // The worker knows the tenant without its route by now.
        world.snapshots.tenant(customer.id).await.unwrap();
        world.route(customer, &connection(&world.provider.url())).await;
        world.send_with(customer, Duration::from_secs(60), Flags::default()).await;
        world.provider.wait_for(round + 1, PATIENCE).await;
    }
    assert!(world.read("SELECT count(*) FROM deliveries WHERE status <> 'sent'") == "0");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_without_a_route_waits_while_nobody_knows_whether_there_is_one() {
    let world = world().await;
    let customer = world.customer("new").await;
    world.snapshots.tenant(customer.id).await.unwrap();
    let worker = world.worker(hasty());
    world.sql.refuse_connections();
    world.send_with(customer, Duration::from_secs(60), Flags::default()).await;
    let waiting = r#"pinfold_deliveries_total{channel="sms",connector="none",outcome="waiting"}"#;
    // More often than it would be tried.
    let often = f64::from(hasty().max_attempts) + 2.0;
    until("the message waits", async || worker.metric(waiting) >= often).await;
    assert!(world.provider.received().is_empty() && world.dead_letters().await.is_empty());
    world.sql.accept_connections();
    world.route(customer, &connection(&world.provider.url())).await;
    world.provider.wait_for(1, PATIENCE).await;
    world.until_quiet().await;
    assert_eq!(world.read("SELECT status, attempts FROM deliveries"), "sent|1");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_waits_for_its_configuration_while_postgres_is_away() {
    let mut world = world().await;
    let sent = world.send().await;
    world.sql.refuse_connections();
    world.snapshots = world.cold_snapshots();
    let worker = world.worker(hasty());
    let waiting = r#"pinfold_deliveries_total{channel="sms",connector="none",outcome="waiting"}"#;
    until("the message waits", async || worker.metric(waiting) >= 2.0).await;
    assert!(world.provider.received().is_empty() && world.dead_letters().await.is_empty());
    world.sql.accept_connections();
    world.until_quiet().await;
    world.assert_each_once(&[sent]);
    assert_eq!(world.read("SELECT status, attempts FROM deliveries"), "sent|1");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_with_a_slow_provider_does_not_stop_the_others() {
    let world = world().await;
    world.provider.answer(Answer::ok().delayed(Duration::from_secs(2)));
    let (quick, neighbour) = (pinfold_testkit::HttpPeer::start(), world.neighbour().await);
    world.route(neighbour, &connection(&quick.url())).await;
    let settings = pinfold_dispatch::Settings { concurrency: 16, ..hasty() };
    let worker = world.worker(settings);
    let slow = world.send_many(60).await;
    world.provider.wait_for(14, PATIENCE).await;
    for round in 1..=5 {
        let before = std::time::Instant::elapsed;
        let start = pinfold_http::clock::stopwatch();
        world.send_with(neighbour, Duration::from_secs(60), Flags::default()).await;
        quick.wait_for(round, PATIENCE).await;
        let took = before(&start);
        assert!(took < Duration::from_millis(500), "{took:?}");
    }
    world.until_quiet().await;
    world.assert_each_once(&slow);
    worker.stop().await;
}

static FOLLOWED: AtomicUsize = AtomicUsize::new(0);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivery_continues_the_trace_of_its_request() {
    let world = world().await;
    let worker = world.worker_that(hasty(), |_, trace| {
        assert_eq!(trace, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        FOLLOWED.fetch_add(1, Ordering::Relaxed);
    });
    world.send().await;
    world.provider.wait_for(1, PATIENCE).await;
    assert_eq!(FOLLOWED.load(Ordering::Relaxed), 1);
    worker.stop().await;
}

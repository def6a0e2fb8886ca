//! Tenants of one partition beside each other: what one has waiting, or how slow its provider is, costs the others little.
//! Judged by how many messages of the others are delivered between a message's acceptance and its delivery, not by a clock.

use std::collections::HashMap;
use std::time::Duration;

use pinfold_dispatch::Settings;
use pinfold_redis::{Flags, Hot};
use pinfold_testkit::{Answer, HttpPeer};

use crate::world::{Customer, PATIENCE, Sent, World, connection, hasty, until, world};

/// What may be ahead of a message: the stream, what workers read ahead and have on their way, and what they end while the
/// test looks.
const AHEAD: usize = 400;

/// A world whose tenants are all in one partition.
async fn crowded() -> World {
    let mut world = world().await;
    let settings = pinfold_redis::Settings { url: world.redis.url().into(), partitions: 1, ..Default::default() };
    world.hot = Hot::lazy(&settings, &Default::default()).unwrap();
    world
}

async fn with_provider(world: &World, slug: &str, provider: &HttpPeer) -> Customer {
    let customer = world.customer(slug).await;
    world.route(customer, &connection(&provider.url())).await;
    customer
}

async fn send(world: &World, customer: Customer) -> Sent {
    world.send_with(customer, Duration::from_secs(60), Flags::default()).await
}

/// Sends `count` messages of a tenant, one after the other; gives for each how many the flood's provider got meanwhile.
async fn passed_by(world: &World, customer: Customer, provider: &HttpPeer, count: usize) -> Vec<usize> {
    let mut passed = Vec::new();
    for number in 1..=count {
        let before = world.provider.received().len();
        send(world, customer).await;
        provider.wait_for(number, PATIENCE).await;
        passed.push(world.provider.received().len() - before);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    passed.sort_unstable();
    passed
}

async fn parked(world: &World) -> u64 {
    world.hot.depth(world.partition()).await.unwrap().parked
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_does_not_hold_up_another_tenant() {
    let (world, quick) = (crowded().await, HttpPeer::start());
    let modest = with_provider(&world, "modest", &quick).await;
    world.provider.answer(Answer::ok().delayed(Duration::from_millis(40)));
    let sent = world.send_many(3_000).await;
    assert!(parked(&world).await > 2_900);
    let worker = world.worker(hasty());
    let passed = passed_by(&world, modest, &quick, 8).await;
    assert!(passed[4] <= AHEAD, "{passed:?}");
    assert!(parked(&world).await > 0, "the flood was over before it could be passed");
    world.until_quiet().await;
    world.assert_each_once(&sent);
    assert_eq!((quick.received().len(), parked(&world).await), (8, 0));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_floods_and_killed_workers_lose_nothing_and_hold_up_nobody() {
    let (world, quick) = (crowded().await, HttpPeer::start());
    let modest = with_provider(&world, "modest", &quick).await;
    world.provider.answer(Answer::ok().delayed(Duration::from_millis(30)));
    let mut floods = Vec::new();
    for number in 0..50 {
        let customer = world.customer(&format!("flood-{number}")).await;
        world.route(customer, &connection(&world.provider.url())).await;
        floods.push(customer);
    }
    let mut sent = Vec::new();
    for _ in 0..40 {
        for flood in &floods {
            sent.push(send(&world, *flood).await);
        }
    }
    for round in 1..=2 {
        let dying = world.worker(hasty());
        world.provider.wait_for(round * 200, PATIENCE).await;
        dying.kill().await;
    }
    let worker = world.worker(hasty());
    let passed = passed_by(&world, modest, &quick, 6).await;
    assert!(passed[3] <= AHEAD + 100, "{passed:?}");
    world.until_quiet().await;
    let received = world.received();
    assert!(sent.iter().all(|sent| received[&sent.reference()].iter().all(|got| *got == sent.times(1)[0])));
    let repeated = sent.iter().filter(|sent| received[&sent.reference()].len() > 1).count();
    assert!(repeated <= 2 * Settings::default().concurrency, "{repeated}");
    assert_eq!((received.len(), quick.received().len(), parked(&world).await), (2_000, 6, 0));
    assert_eq!(world.read("SELECT count(*) FROM deliveries WHERE status = 'sent'"), "2006");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_of_a_quick_provider_do_not_go_back_to_the_queue() {
    let world = crowded().await;
    let sent = world.send_many(3_000).await;
    let worker = world.worker(Settings { concurrency: 16, ..hasty() });
    world.until_quiet().await;
    let received = world.provider.received();
    let places: HashMap<String, usize> =
        received.iter().enumerate().map(|(place, it)| (it.json()["reference"].as_str().unwrap().into(), place)).collect();
    // One that had gone back would be passed by for a second.
    let late = sent.iter().enumerate().map(|(number, it)| places[&it.reference()].saturating_sub(number)).max();
    assert!(late < Some(AHEAD), "{late:?} messages were passed by");
    world.assert_each_once(&sent);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_provider_of_one_tenant_does_not_take_every_slot_of_the_partition() {
    let (world, quick) = (crowded().await, HttpPeer::start());
    let modest = with_provider(&world, "modest", &quick).await;
    world.provider.answer(Answer::ok().delayed(Duration::from_millis(2_500)));
    let worker = world.worker(Settings { concurrency: 16, ..hasty() });
    let sent = world.send_many(120).await;
    world.provider.wait_for(14, PATIENCE).await;
    // Not even one more of the slow ones ends and makes room each time.
    let passed = passed_by(&world, modest, &quick, 4).await;
    assert!(passed[2] <= 14, "{passed:?}");
    until("every message is delivered", async || world.provider.received().len() >= 60).await;
    world.provider.answer(Answer::ok());
    world.until_quiet().await;
    world.assert_each_once(&sent);
    worker.stop().await;
}

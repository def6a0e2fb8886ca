//! Entries that nobody can read go to the dead letters and hold up nobody.

use std::collections::BTreeMap;

use pinfold_core::channel::Channel;
use pinfold_core::id::PinId;
use pinfold_dispatch::Settings;
use pinfold_redis::Job;

use crate::wire::command;
use crate::world::{PATIENCE, World, hasty, until, world};

fn inject(world: &World, bytes: &[u8]) {
    let stream = format!("pf:{{{:02}}}:jobs", world.partition().number());
    assert!(command(&world.redis.url(), &[b"XADD", stream.as_bytes(), b"*", b"j", bytes]).starts_with('$'));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_unreadable_entries_are_buried_and_everything_else_is_delivered() {
    let world = world().await;
    let mut job = Job {
        tenant: world.tenant.id,
        pin: PinId::random(),
        channel: Channel::Sms,
        attempt: 0,
        generation: 0,
        delivery: 1,
        trace: None,
        tried: Vec::new(),
        is_uncertain: false,
    };
    for number in 0..25_u8 {
        inject(&world, format!("PIN 123456 {number}").as_bytes());
        inject(&world, &vec![b'x'; 200_000]);
        let mut foreign = job.encode();
        foreign[0] = 4;
        foreign.push(number);
        inject(&world, &foreign);
    }
    // Moved to another PIN, a sealed envelope does not open.
    let victim = world.send().await;
    for _ in 0..25 {
        job.pin = PinId::random();
        let (from, to) = (world.record_key(victim.pin), world.record_key(job.pin));
        assert_eq!(command(&world.redis.url(), &[b"COPY", from.as_bytes(), to.as_bytes()]), ":1");
        inject(&world, &job.encode());
    }
    // A record of another version.
    job.pin = PinId::random();
    let key = world.record_key(job.pin);
    assert_eq!(command(&world.redis.url(), &[b"SET", key.as_bytes(), &[2; 200]]), "+OK");
    inject(&world, &job.encode());
    let worker = world.worker(hasty());
    let mut sent = world.send_many(100).await;
    sent.push(victim);
    let start = pinfold_http::clock::stopwatch();
    world.provider.wait_for(101, PATIENCE).await;
    assert!(start.elapsed().as_secs_f64() < 2.0, "{:?}", start.elapsed());
    until("all poison is buried", async || world.dead_letters().await.len() == 101).await;
    let mut reasons: BTreeMap<String, u32> = BTreeMap::new();
    for letter in world.dead_letters().await {
        *reasons.entry(letter.reason).or_default() += 1;
    }
    let expected = [("foreign_version", 26), ("malformed", 50), ("undecryptable", 25)];
    assert_eq!(reasons, expected.map(|(reason, count)| (reason.to_owned(), count)).into());
    world.until_quiet().await;
    world.assert_each_once(&sent);
    assert_eq!(world.read("SELECT count(*) FROM deliveries WHERE status = 'failed' AND reason = 'undecryptable'"), "25");
    let dead = format!("pf:{{{:02}}}:dead", world.partition().number());
    let bytes = command(&world.redis.url(), &[b"MEMORY", b"USAGE", dead.as_bytes(), b"SAMPLES", b"0"]);
    assert!(bytes[1..].parse::<u32>().unwrap() < 100_000, "{bytes}");
    assert_eq!(world.hot.purge_dead_letters(world.partition()).await.unwrap(), 101);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_crashes_its_delivery_costs_nobody_else_and_is_given_up() {
    let world = world().await;
    let worker = world.worker_that(Settings { max_hand_outs: 3, ..hasty() }, |_, trace| {
        assert!(!trace.ends_with("-00"), "a crash on purpose");
    });
    let crashing = world.send().await;
    let job = Job {
        tenant: world.tenant.id,
        pin: crashing.pin,
        channel: Channel::Sms,
        attempt: 0,
        generation: 0,
        delivery: 2,
        trace: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00".into()),
        tried: Vec::new(),
        is_uncertain: false,
    };
    inject(&world, &job.encode());
    let mut sent = world.send_many(20).await;
    sent.push(crashing);
    until("it is given up", async || !world.dead_letters().await.is_empty()).await;
    assert_eq!(world.dead_letters().await[0].reason, "crashed");
    world.until_quiet().await;
    world.assert_each_once(&sent);
    assert_eq!(world.read("SELECT reason FROM deliveries WHERE delivery = 2 AND status = 'failed'"), "crashed");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_in_a_wrong_partition_is_given_up() {
    let world = world().await;
    let worker = world.worker(hasty());
    let sent = world.send().await;
    world.until_quiet().await;
    let (home, job) = (
        world.partition(),
        Job {
            tenant: world.neighbour().await.id,
            pin: sent.pin,
            channel: Channel::Sms,
            attempt: 0,
            generation: 0,
            delivery: 1,
            trace: None,
            tried: Vec::new(),
            is_uncertain: false,
        },
    );
    inject(&world, &job.encode());
    until("it is given up", async || world.hot.depth(home).await.unwrap().dead == 1).await;
    assert_eq!(world.dead_letters().await[0].reason, "misplaced");
    worker.stop().await;
}

//! A stop finishes what is under way and gives back the rest.

use std::time::Duration;

use pinfold_dispatch::Settings;
use pinfold_testkit::Answer;

use crate::wire::command;
use crate::world::{PATIENCE, hasty, world};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_soft_stop_loses_nothing_and_repeats_nothing() {
    let world = world().await;
    world.provider.answer(Answer::ok().delayed(Duration::from_secs(1)));
    let settings = || Settings { concurrency: 8, ..hasty() };
    let first = world.worker(settings());
    let sent = world.send_many(40).await;
    world.provider.wait_for(5, PATIENCE).await;
    let start = pinfold_http::clock::stopwatch();
    first.stop().await;
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    let under_way = world.provider.received().len();
    assert!((5..=8).contains(&under_way), "{under_way}");
    // What the first worker did not start is nobody's now: the next one need not wait for a lease.
    let depth = world.hot.depth(world.partition()).await.unwrap();
    assert_eq!(depth.jobs + depth.due, 40 - under_way as u64);
    let group = [b"XINFO", &b"CONSUMERS"[..], format!("pf:{{{:02}}}:jobs", world.partition().number()).as_bytes(), b"dispatch"]
        .map(<[u8]>::to_vec);
    assert_eq!(command(&world.redis.url(), &group.each_ref().map(Vec::as_slice)), "*0");
    // And nobody is left who records what it left behind.
    let events = format!("pf:{{{:02}}}:events", world.partition().number());
    assert_eq!(command(&world.redis.url(), &[b"XINFO", b"CONSUMERS", events.as_bytes(), b"record"]), "*0");
    world.provider.answer(Answer::ok());
    let second = world.worker(settings());
    world.until_quiet().await;
    world.assert_each_once(&sent);
    assert_eq!(world.read("SELECT count(*) FROM deliveries WHERE status = 'sent' AND attempts = 1"), "40");
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_worker_stops_at_once_even_without_postgres() {
    let world = world().await;
    let worker = world.worker(hasty());
    tokio::time::sleep(Duration::from_millis(300)).await;
    world.sql.refuse_connections();
    let start = pinfold_http::clock::stopwatch();
    worker.stop().await;
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hard_stop_waits_for_nobody() {
    let world = world().await;
    world.provider.answer(Answer::silence());
    let worker = world.worker(Settings { deadline_ms: 10_000, ..hasty() });
    world.send_many(10).await;
    world.provider.wait_for(10, PATIENCE).await;
    let start = pinfold_http::clock::stopwatch();
    worker.soft.cancel();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!worker.task.is_finished());
    worker.hard.cancel();
    worker.task.await.unwrap().unwrap();
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    // Nothing is lost: the jobs are still in the queue, for whoever takes them over.
    assert_eq!(world.hot.depth(world.partition()).await.unwrap().jobs, 10);
}

//! Workers that die, hang or lose Redis.

use std::time::Duration;

use pinfold_dispatch::Settings;
use pinfold_testkit::Answer;

use crate::world::{PATIENCE, hasty, until, world};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_worker_held_is_taken_over_with_the_same_pin_and_reference() {
    let world = world().await;
    // The first worker hangs in its first messages and holds the rest.
    for _ in 0..4 {
        world.provider.answer_once(Answer::silence());
    }
    let settings = || Settings { concurrency: 4, deadline_ms: 10_000, ..hasty() };
    let dying = world.worker(settings());
    let sent = world.send_many(30).await;
    world.provider.wait_for(4, PATIENCE).await;
    let other = world.worker(settings());
    world.provider.wait_for(4 + 10, PATIENCE).await;
    dying.kill().await;
    world.until_quiet().await;
    let received = world.received();
    let repeated = sent.iter().filter(|sent| received[&sent.reference()].len() == 2).count();
    assert!(repeated <= 4, "{repeated}");
    for sent in &sent {
        assert!(received[&sent.reference()].iter().all(|got| *got == sent.times(1)[0]), "{}", sent.pin);
    }
    assert_eq!(world.read("SELECT count(*) FROM deliveries WHERE status = 'sent'"), "30");
    assert_eq!(world.read("SELECT count(*) FROM events"), "30");
    assert!(other.metric("pinfold_jobs_taken_over_total") >= 4.0);
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_longer_than_the_lease_is_not_repeated() {
    let world = world().await;
    world.provider.answer(Answer::ok().delayed(Duration::from_secs(5)));
    let settings = || Settings { deadline_ms: 10_000, ..hasty() };
    let workers: Vec<_> = (0..4).map(|_| world.worker(settings())).collect();
    let sent = world.send_many(100).await;
    world.provider.wait_for(100, PATIENCE).await;
    world.until_quiet().await;
    world.assert_each_once(&sent);
    for worker in workers {
        assert_eq!(worker.metric("pinfold_jobs_taken_over_total") as u32, 0);
        worker.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_of_redis_loses_nothing() {
    let mut world = world().await;
    // Another than a lent one, which could not be restarted; and synced always, so that nothing can be lost with it.
    world.redis = pinfold_testkit::Redis::private().append_only(pinfold_testkit::AppendOnly::Always).start();
    let settings = pinfold_redis::Settings { url: world.redis.url().into(), ..Default::default() };
    world.hot = pinfold_redis::Hot::lazy(&settings, &Default::default()).unwrap();
    world.provider.answer(Answer::ok().delayed(Duration::from_millis(200)));
    let worker = world.worker(hasty());
    let sent = world.send_many(200).await;
    world.provider.wait_for(20, PATIENCE).await;
    world.redis.restart();
    until("Redis is back", async || world.hot.now_ms().await.is_ok()).await;
    world.until_quiet().await;
    let received = world.received();
    assert!(sent.iter().all(|sent| received.contains_key(&sent.reference())));
    let repeated = received.values().filter(|codes| codes.len() > 1).count();
    assert!(repeated <= 64, "{repeated}");
    assert_eq!(world.read("SELECT count(*) FROM deliveries WHERE status = 'sent'"), "200");
    worker.stop().await;
}

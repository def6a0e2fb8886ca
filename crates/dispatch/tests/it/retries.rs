//! Failures: tried again, obeyed, given up, shown, replayed.

use std::time::Duration;

use pinfold_dispatch::Settings;
use pinfold_redis::Flags;
use pinfold_testkit::Answer;

use crate::world::{PATIENCE, connection, hasty, until, world};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_that_passes_is_tried_again_when_the_provider_says() {
    let world = world().await;
    world.provider.answer_once(Answer::status(429).retry_after(1));
    let worker = world.worker(hasty());
    let sent = world.send().await;
    world.provider.wait_for(1, PATIENCE).await;
    let start = pinfold_http::clock::stopwatch();
    world.provider.wait_for(2, PATIENCE).await;
    let waited = start.elapsed();
    assert!((0.95..2.0).contains(&waited.as_secs_f64()), "{waited:?}");
    world.until_quiet().await;
    assert_eq!(world.received()[&sent.reference()], sent.times(2));
    assert_eq!(world.recorded(&sent), "sent|2|");
    assert_eq!(
        world.read("SELECT string_agg(kind || ':' || coalesce(reason, ''), ' ' ORDER BY happened_at, id) FROM events"),
        "retried:http_429 sent:"
    );
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_tries_and_then_the_dead_letters_from_where_it_can_be_replayed() {
    let world = world().await;
    world.provider.answer(Answer::status(500));
    let worker = world.worker(hasty());
    let sent = world.send().await;
    until("it is given up", async || !world.dead_letters().await.is_empty()).await;
    let letters = world.dead_letters().await;
    assert_eq!((letters.len(), letters[0].reason.as_str()), (1, "http_500"));
    assert_eq!(letters[0].job.as_ref().map(|job| job.pin), Some(sent.pin));
    world.until_quiet().await;
    assert_eq!(world.received()[&sent.reference()].len(), 3);
    assert_eq!(world.recorded(&sent), "failed|3|http_500");
    world.provider.answer(Answer::ok());
    assert!(world.hot.replay_dead_letter(&letters[0]).await.unwrap());
    world.until_quiet().await;
    assert_eq!(world.received()[&sent.reference()].len(), 4);
    assert_eq!(world.recorded(&sent), "sent|3|");
    assert!(world.dead_letters().await.is_empty());
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_is_final_and_a_replay_never_sends_what_is_over() {
    let world = world().await;
    world.provider.answer(Answer::status(400));
    let worker = world.worker(hasty());
    let sent = world.send_with(world.tenant, Duration::from_millis(1_500), Flags::default()).await;
    until("it is given up", async || !world.dead_letters().await.is_empty()).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert!(world.hot.replay_dead_letter(&world.dead_letters().await[0]).await.unwrap());
    world.until_quiet().await;
    assert_eq!(world.received()[&sent.reference()].len(), 1);
    assert_eq!(world.recorded(&sent), "failed|1|http_400");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_never_answers_is_asked_twice_with_the_same_pin_and_reference() {
    let world = world().await;
    world.provider.answer(Answer::silence());
    let worker = world.worker(Settings { deadline_ms: 300, ..hasty() });
    let sent = world.send().await;
    until("it is given up", async || !world.dead_letters().await.is_empty()).await;
    world.until_quiet().await;
    assert_eq!(world.received()[&sent.reference()], sent.times(2));
    assert_eq!(world.recorded(&sent), "failed|2|timeout");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_attempt_is_made_past_the_life_of_the_pin() {
    let world = world().await;
    world.provider.answer(Answer::status(503).retry_after(2));
    let worker = world.worker(hasty());
    let sent = world.send_with(world.tenant, Duration::from_secs(2), Flags::default()).await;
    world.provider.wait_for(1, PATIENCE).await;
    world.until_quiet().await;
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert_eq!(world.received()[&sent.reference()].len(), 1);
    assert_eq!(world.recorded(&sent), "failed|1|http_503");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_without_a_route_is_told_so_and_its_message_can_be_replayed() {
    let world = world().await;
    let customer = world.customer("routeless").await;
    let worker = world.worker(hasty());
    let sent = world.send_with(customer, Duration::from_secs(60), Flags::default()).await;
    let partition = world.hot.partition(customer.id);
    until("it is given up", async || world.hot.depth(partition).await.unwrap().dead == 1).await;
    let letters = world.hot.dead_letters(partition, 10).await.unwrap();
    assert_eq!(letters[0].reason, "no_route");
    world.until_quiet().await;
    assert_eq!(world.recorded(&sent), "failed|1|no_route");
    world.route(customer, &connection(&world.provider.url())).await;
    assert!(world.hot.replay_dead_letter(&letters[0]).await.unwrap());
    world.provider.wait_for(1, PATIENCE).await;
    worker.stop().await;
}

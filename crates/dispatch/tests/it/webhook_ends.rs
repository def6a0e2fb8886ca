//! Receivers that do not take what they are told: retries, waiting as asked, giving up, and what remains then.

use std::time::Duration;

use pinfold_dispatch::WebhookSettings;
use pinfold_http::clock::now_ms;
use pinfold_postgres::{Queued, WebhookFilter};
use pinfold_testkit::{Answer, HttpPeer};
use tokio::time::Instant;

use crate::webhook_world::{Endpoint, ids, reference_accepts};
use crate::world::{PATIENCE, World, brisk, hasty, span, until, world};

async fn only_message(world: &World, endpoint: &Endpoint) -> pinfold_postgres::WebhookMessage {
    let mut all = world.told(endpoint).list(WebhookFilter { size: 10, ..Default::default() }).await.unwrap().unwrap();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_of_failure_is_tried_again_under_the_same_id_and_a_fresh_time() {
    let (world, receiver, elsewhere) = (world().await, HttpPeer::start(), HttpPeer::start());
    let endpoint = world.endpoint(world.tenant.id, &receiver.url()).await;
    for answer in [
        Answer::redirect(&elsewhere.url()),
        Answer::status(404),
        Answer::status(503),
        Answer::silence(),
        Answer::reset(),
        Answer::ok().dripping("x".repeat(100), Duration::from_secs(1)),
    ] {
        receiver.answer_once(answer);
    }
    let worker = world.notifier(WebhookSettings { retries: vec![span("1s"); 8], ..brisk() });
    world.told(&endpoint).test().await.unwrap();
    let requests = receiver.wait_for(6, PATIENCE).await;
    until("it is delivered", async || world.outcomes(&endpoint) == "delivered:delivered:1").await;
    assert_eq!(elsewhere.received().len(), 0, "a redirect was followed");
    assert_eq!(ids(&receiver).len(), 1);
    let times: Vec<u64> = requests.iter().map(|request| request.header("webhook-timestamp").unwrap().parse().unwrap()).collect();
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
    assert!(requests.iter().all(|request| request.body == requests[0].body));
    assert!(reference_accepts(&requests, &endpoint.secret));
    let message = only_message(&world, &endpoint).await;
    let (_, attempts) = world.told(&endpoint).get(message.id).await.unwrap().unwrap();
    let outcomes: Vec<_> = attempts.iter().map(|attempt| attempt.outcome.as_str()).collect();
    assert_eq!(outcomes, ["http_307", "http_404", "http_503", "timeout", "connection_lost", "delivered"]);
    assert_eq!(attempts[2].status_code, Some(503));
    assert_eq!(attempts[3].status_code, None);
    assert!((950..2_000).contains(&attempts[3].duration_ms), "{}", attempts[3].duration_ms);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_asks_for_time_gets_it() {
    let (world, receiver) = (world().await, HttpPeer::start());
    let endpoint = world.endpoint(world.tenant.id, &receiver.url()).await;
    receiver.answer_once(Answer::status(429).retry_after(3));
    let worker = world.notifier(brisk());
    world.told(&endpoint).test().await.unwrap();
    receiver.wait_for(1, PATIENCE).await;
    let asked = Instant::now();
    receiver.wait_for(2, PATIENCE).await;
    assert!(asked.elapsed() >= Duration::from_millis(2_900), "{:?}", asked.elapsed());
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_given_up_is_told_to_the_others_and_can_be_replayed() {
    let (world, receiver, watcher) = (world().await, HttpPeer::start(), HttpPeer::start());
    let endpoint = world.endpoint(world.tenant.id, &receiver.url()).await;
    world.endpoint(world.tenant.id, &watcher.url()).await;
    receiver.answer(Answer::status(500));
    let worker = world.notifier(brisk());
    let started = now_ms();
    world.record_sent(world.tenant.id, 2).await;
    until("both are given up", async || world.outcomes(&endpoint) == "failed:http_500:2").await;
    assert_eq!(receiver.received().len(), 2 * 4, "one attempt and three more");
    until("the other is told", async || {
        watcher.received().iter().filter(|it| it.json()["type"] == "webhook.exhausted").count() == 2
    })
    .await;
    let about = watcher.received().into_iter().find(|it| it.json()["type"] == "webhook.exhausted").unwrap().json();
    assert_eq!(about["data"]["endpointId"], endpoint.id.to_string());
    assert_eq!((&about["data"]["type"], &about["data"]["reason"]), (&"pin.sent".into(), &"http_500".into()));
    let failing = world.database.tenant(endpoint.tenant).webhook_endpoints().get(endpoint.id).await.unwrap().unwrap();
    assert!(failing.failing_since_ms.is_some() && failing.disabled.is_none());

    receiver.answer(Answer::ok());
    receiver.clear();
    let first = world.told(&endpoint).list(WebhookFilter { size: 1, ..Default::default() }).await.unwrap().unwrap().remove(0);
    assert_eq!(world.told(&endpoint).replay(first.id).await.unwrap(), Queued::Done(()));
    receiver.wait_for(1, PATIENCE).await;
    assert_eq!(ids(&receiver).keys().next(), Some(&format!("msg_{}", first.id)));
    until("it is delivered", async || world.outcomes(&endpoint) == "delivered:delivered:1 failed:http_500:1").await;
    assert_eq!(world.told(&endpoint).replay_failed(started).await.unwrap(), Queued::Done(1));
    until("all are", async || world.outcomes(&endpoint) == "delivered:delivered:2").await;
    assert_eq!(world.told(&endpoint).replay_failed(started).await.unwrap(), Queued::Done(0));
    let healthy = world.database.tenant(endpoint.tenant).webhook_endpoints().get(endpoint.id).await.unwrap().unwrap();
    assert_eq!(healthy.failing_since_ms, None);
    let (message, attempts) = world.told(&endpoint).get(first.id).await.unwrap().unwrap();
    assert_eq!((message.attempts, attempts.len()), (5, 5));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_is_gone_is_told_nothing_more() {
    let (world, receiver, watcher) = (world().await, HttpPeer::start(), HttpPeer::start());
    let endpoint = world.endpoint(world.tenant.id, &receiver.url()).await;
    world.endpoint(world.tenant.id, &watcher.url()).await;
    receiver.answer(Answer::status(410));
    world.record_sent(world.tenant.id, 40).await;
    let worker = world.notifier(brisk());
    let endpoints = world.database.tenant(endpoint.tenant).webhook_endpoints();
    until("it is disabled", async || endpoints.get(endpoint.id).await.unwrap().unwrap().disabled.is_some()).await;
    assert_eq!(endpoints.get(endpoint.id).await.unwrap().unwrap().disabled.unwrap().0, "gone");
    until("the other is told", async || watcher.received().iter().any(|it| it.json()["type"] == "endpoint.disabled")).await;
    assert_eq!(world.outcomes(&endpoint), "failed:endpoint_disabled:40");
    // Those that were on their way with the first; nothing after it.
    assert!(receiver.received().len() <= 8, "{}", receiver.received().len());
    let before = receiver.received().len();
    world.record_sent(world.tenant.id, 3).await;
    assert_eq!(world.told(&endpoint).test().await.unwrap(), Queued::Disabled);
    assert_eq!(world.outcomes(&endpoint), "failed:endpoint_disabled:40");
    assert_eq!(receiver.received().len(), before);
    until("nothing waits", async || world.read("SELECT waiting FROM webhook_backlogs") == "0").await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_takes_nothing_for_days_is_disabled() {
    let (world, receiver) = (world().await, HttpPeer::start());
    let endpoint = world.endpoint(world.tenant.id, &receiver.url()).await;
    receiver.answer(Answer::status(502));
    let settings = WebhookSettings { disable_after: span("3s"), retries: vec![span("1s"); 20], ..brisk() };
    let worker = world.notifier(settings);
    let started = Instant::now();
    world.told(&endpoint).test().await.unwrap();
    let endpoints = world.database.tenant(endpoint.tenant).webhook_endpoints();
    until("it is disabled", async || endpoints.get(endpoint.id).await.unwrap().unwrap().disabled.is_some()).await;
    assert!(started.elapsed() >= Duration::from_secs(3));
    assert_eq!(endpoints.get(endpoint.id).await.unwrap().unwrap().disabled.unwrap().0, "failing");
    assert_eq!(worker.metric(r#"pinfold_webhook_endpoints_disabled_total{reason="failing"}"#) as u32, 1);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_permission_no_connection_leaves_for_the_inside_and_no_port_can_be_felt() {
    let (world, open) = (world().await, HttpPeer::start());
    let port = open.url().rsplit_once(':').unwrap().1.to_owned();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let mut endpoints = Vec::new();
    for host in ["localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "2130706433"] {
        for port in [&port, &closed] {
            for scheme in ["http", "https"] {
                endpoints.push(world.endpoint(world.tenant.id, &format!("{scheme}://{host}:{port}/")).await);
            }
        }
    }
    let settings = pinfold_dispatch::Settings { allow_loopback: false, ..hasty() };
    let worker = world.worker_of(settings, WebhookSettings { retries: vec![span("10m")], ..brisk() }, |_, _| {});
    for endpoint in &endpoints {
        world.told(endpoint).test().await.unwrap();
    }
    for endpoint in &endpoints {
        until("it was attempted", async || world.outcomes(endpoint) != "waiting:1").await;
        assert_eq!(world.outcomes(endpoint), "waiting:address_refused:1");
    }
    assert_eq!(open.received().len(), 0);
    assert_eq!(world.read("SELECT count(*) FROM webhook_attempts WHERE status_code IS NOT NULL OR duration_ms > 200"), "0");
    worker.stop().await;
}

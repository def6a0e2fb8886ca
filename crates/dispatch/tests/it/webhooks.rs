//! Tenants are told what happened: signed, at least once, and nobody waits for somebody else's receiver.

use std::time::Duration;

use pinfold_core::webhook::WebhookSecret;
use pinfold_dispatch::WebhookSettings;
use pinfold_http::clock::now_ms;
use pinfold_redis::Flags;
use pinfold_testkit::{Answer, HttpPeer};
use tokio::time::Instant;

use crate::webhook_world::{ids, reference_accepts};
use crate::wire::command;
use crate::world::{PATIENCE, brisk, until, world};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sent_pin_is_told_signed_and_without_the_code_or_the_number() {
    let (world, receiver) = (world().await, HttpPeer::start());
    let endpoint = world.endpoint(world.tenant.id, &format!("{}/hook?key=1", receiver.url())).await;
    let worker = world.notifier(brisk());
    let sent = world.send().await;
    let requests = receiver.wait_for(1, PATIENCE).await;
    let (request, json) = (&requests[0], requests[0].json());
    assert_eq!((request.method.as_str(), request.path.as_str(), request.query.as_str()), ("POST", "/hook", "key=1"));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(json["type"], "pin.sent");
    let application = world.tenant.application.to_string();
    let expected = serde_json::json!({
        "pinId": sent.pin, "status": "sent", "channel": "sms", "delivery": 1, "attempt": 1,
        "applicationId": application, "messageId": application, "connectionId": json["data"]["connectionId"],
    });
    assert_eq!(json["data"], expected);
    assert_eq!(json["data"]["connectionId"].as_str().unwrap().len(), 32);
    assert_eq!(json.as_object().unwrap().keys().collect::<Vec<_>>(), ["data", "timestamp", "type"]);
    let body = String::from_utf8_lossy(&request.body);
    assert!(!body.contains(&sent.to) && !body.contains(&sent.code), "{body}");
    let timestamp: u64 = request.header("webhook-timestamp").unwrap().parse().unwrap();
    assert!(timestamp.abs_diff(now_ms() / 1_000) <= 5);
    assert!(reference_accepts(&requests, &endpoint.secret));
    assert!(!reference_accepts(&requests, &WebhookSecret::generate()));
    until("it is settled", async || world.outcomes(&endpoint) == "delivered:delivered:1").await;
    assert_eq!(worker.metric(r#"pinfold_webhook_attempts_total{outcome="delivered"}"#) as u32, 1);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_secrets_sign_until_the_one_before_expires() {
    let (world, receiver) = (world().await, HttpPeer::start());
    let endpoint = world.endpoint(world.tenant.id, &receiver.url()).await;
    let worker = world.notifier(brisk());
    let snapshot = world.snapshot().await;
    let endpoints = world.database.tenant(world.tenant.id).webhook_endpoints();
    let second = WebhookSecret::generate();
    endpoints.rotate(endpoint.id, &second, now_ms() + 60_000, &snapshot.keys).await.unwrap().unwrap();
    world.told(&endpoint).test().await.unwrap();
    let requests = receiver.wait_for(1, PATIENCE).await;
    assert_eq!(requests[0].header("webhook-signature").unwrap().split(' ').count(), 2);
    assert_eq!(requests[0].json()["type"], "webhook.test");
    for secret in [&endpoint.secret, &second] {
        assert!(reference_accepts(&requests, secret));
    }
    receiver.clear();
    let third = WebhookSecret::generate();
    endpoints.rotate(endpoint.id, &third, now_ms(), &snapshot.keys).await.unwrap().unwrap();
    world.told(&endpoint).test().await.unwrap();
    let requests = receiver.wait_for(1, PATIENCE).await;
    assert_eq!(requests[0].header("webhook-signature").unwrap().split(' ').count(), 1);
    assert!(reference_accepts(&requests, &third));
    assert!(!reference_accepts(&requests, &second) && !reference_accepts(&requests, &endpoint.secret));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn notifiers_that_die_in_the_middle_lose_nothing() {
    const MESSAGES: usize = 1_000;
    const SHARE: usize = 8;
    let (world, receiver) = (world().await, HttpPeer::start());
    let endpoint = world.endpoint(world.tenant.id, &receiver.url()).await;
    receiver.answer(Answer::ok().delayed(Duration::from_millis(4)));
    let recorder = world.record_sent(world.tenant.id, MESSAGES);
    let killer = async {
        for round in 1..=3 {
            let dying = world.notifier(brisk());
            receiver.wait_for(round * MESSAGES / 5, PATIENCE).await;
            dying.kill().await;
        }
        world.notifier(brisk())
    };
    let ((), last) = tokio::join!(recorder, killer);
    until("all are settled", async || world.outcomes(&endpoint) == format!("delivered:delivered:{MESSAGES}")).await;
    let seen = ids(&receiver);
    assert_eq!(seen.len(), MESSAGES);
    let again: usize = seen.values().map(|times| times - 1).sum();
    assert!(again <= 3 * SHARE, "{again} came twice; at most {SHARE} were on their way at each of three deaths");
    assert!(reference_accepts(&receiver.received()[..200], &endpoint.secret));
    assert_eq!(world.read("SELECT waiting, dropped FROM webhook_backlogs"), "0|0");
    last.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_never_answers_holds_up_nobody_else() {
    let (world, slow, quick) = (world().await, HttpPeer::start(), HttpPeer::start());
    let other = world.customer("other").await;
    world.endpoint(other.id, &quick.url()).await;
    slow.answer(Answer::silence());
    for _ in 0..6 {
        world.endpoint(world.tenant.id, &slow.url()).await;
    }
    let worker = world.notifier(WebhookSettings { timeout_ms: 20_000, lease_seconds: 30, ..brisk() });
    let quiet = typical(&world, other.id, &quick).await;
    world.record_sent(world.tenant.id, 500).await;
    slow.wait_for(32, PATIENCE).await;
    let busy = typical(&world, other.id, &quick).await;
    assert!(busy <= 2 * quiet + Duration::from_millis(30), "{busy:?} instead of {quiet:?}");
    // The tenant has its share of what is on its way, each endpoint its own, and not one more.
    assert_eq!(slow.received().len(), 32);
    let in_hand = world.read(
        "SELECT count(*), (SELECT max(n) <= 8 FROM (SELECT count(*) AS n FROM webhook_messages WHERE lease IS NOT NULL \
         GROUP BY endpoint_id) AS each) FROM webhook_messages WHERE lease IS NOT NULL",
    );
    assert_eq!(in_hand, "32|t");
    worker.kill().await;
}

/// How long it takes nineteen of twenty messages to arrive.
async fn typical(world: &crate::world::World, tenant: pinfold_core::id::TenantId, receiver: &HttpPeer) -> Duration {
    let mut times = Vec::new();
    for _ in 0..20 {
        receiver.clear();
        let started = Instant::now();
        world.record_sent(tenant, 1).await;
        receiver.wait_for(1, PATIENCE).await;
        times.push(started.elapsed());
    }
    times.sort();
    times[18]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pin_that_dies_unverified_is_told_once_whoever_notices() {
    let (world, receiver) = (world().await, HttpPeer::start());
    let endpoint = world.endpoint(world.tenant.id, &receiver.url()).await;
    let workers = [world.notifier(brisk()), world.notifier(brisk())];
    let dying = world.send_with(world.tenant, Duration::from_secs(2), Flags::default()).await;
    let living = world.send_with(world.tenant, Duration::from_secs(600), Flags::default()).await;
    let told = async || receiver.received().into_iter().filter(|it| it.json()["type"] == "pin.expired").collect::<Vec<_>>();
    until("it is told", async || !told().await.is_empty()).await;
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    let told = told().await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].json()["data"]["pinId"], dying.pin.to_string());
    assert_eq!(told[0].json()["data"]["status"], "expired");
    let recorded = format!("SELECT count(*) FROM events WHERE kind = 'expired' AND pin_id = '{}'", dying.pin);
    assert_eq!(world.read(&recorded), "1");
    assert_eq!(world.read(&recorded.replace(&dying.pin.to_string(), &living.pin.to_string())), "0");
    assert!(reference_accepts(&receiver.received(), &endpoint.secret));
    // It was looked at once and for all.
    assert_eq!(world.read("SELECT count(*) FROM verifications WHERE lapsed_at IS NOT NULL"), "1");
    for worker in workers {
        worker.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_success_whose_event_was_lost_is_told_when_the_pin_dies() {
    let (world, receiver) = (world().await, HttpPeer::start());
    world.endpoint(world.tenant.id, &receiver.url()).await;
    let sent = world.send_with(world.tenant, Duration::from_secs(3), Flags::default()).await;
    let worker = world.notifier(brisk());
    until("the message is recorded", async || world.read("SELECT count(*) FROM events") == "1").await;
    worker.stop().await;

    let before = now_ms();
    world.guess(&sent).await;
    let stream = format!("pf:{{{:02}}}:events", world.partition().number());
    assert!(command(&world.redis.url(), &[b"XTRIM", stream.as_bytes(), b"MAXLEN", b"0"]).contains('1'), "it was there");
    let worker = world.notifier(brisk());
    let told = async || receiver.received().into_iter().map(|it| it.json()).find(|it| it["type"] != "pin.sent");
    until("it is told", async || told().await.is_some()).await;
    let told = told().await.unwrap();
    assert_eq!((&told["type"], &told["data"]["pinId"]), (&"pin.verified".into(), &sent.pin.to_string().into()), "{told}");
    let at: f64 = world.read("SELECT extract(epoch FROM verified_at) * 1000 FROM verifications").parse().unwrap();
    assert!((at - before as f64).abs() < 2_000.0, "when it happened, not when it was noticed");
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(world.read("SELECT string_agg(kind, ' ' ORDER BY kind) FROM events"), "sent verified");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_backlog_takes_exactly_what_it_may_and_costs_nobody_else() {
    let (world, receiver) = (world().await, HttpPeer::start());
    let other = world.customer("other").await;
    let (mine, theirs) =
        (world.endpoint(world.tenant.id, &receiver.url()).await, world.endpoint(other.id, &receiver.url()).await);
    world.read(&format!("UPDATE webhook_backlogs SET most = 70 WHERE tenant_id = '{}'", world.tenant.id));
    tokio::join!(
        world.record_sent(world.tenant.id, 50),
        world.record_sent(world.tenant.id, 50),
        world.record_sent(other.id, 100),
        world.record_sent(world.tenant.id, 50),
    );
    assert_eq!(world.outcomes(&mine), "waiting:70");
    assert_eq!(world.outcomes(&theirs), "waiting:100");
    let counted = format!("SELECT waiting, dropped FROM webhook_backlogs WHERE tenant_id = '{}'", world.tenant.id);
    assert_eq!(world.read(&counted), "70|80");
    assert_eq!(world.told(&mine).test().await.unwrap(), pinfold_postgres::Queued::Full);
    // With room again, it takes again.
    let worker = world.notifier(brisk());
    until("all are delivered", async || world.outcomes(&mine) == "delivered:delivered:70").await;
    assert_eq!(world.read(&counted), "0|80");
    assert!(matches!(world.told(&mine).test().await.unwrap(), pinfold_postgres::Queued::Done(_)));
    worker.stop().await;
}

//! What follows when a message does not reach its person.

use std::time::Duration;

use pinfold_core::alphabet::Classes;
use pinfold_core::application::Application;
use pinfold_core::channel::Channel;
use pinfold_core::fallback::{On, Plan, Step};
use pinfold_core::life::{CancelOutcome, Verdict};
use pinfold_core::limits::Limits;
use pinfold_core::pin::Pin;
use pinfold_core::receipt::{Receipt, ReceiptState};
use pinfold_dispatch::advance;
use pinfold_redis::{Flags, Guess, GuessOf, Timer};
use pinfold_testkit::{Answer, HttpPeer};

use crate::world::{PATIENCE, Sent, World, connection, hasty, limits, until, world};

const LIFE: Duration = Duration::from_secs(60);

fn step(channel: Channel, on: On) -> Step {
    Step { channel, after: 5, on }
}

fn plan(steps: &[Step]) -> Plan {
    Plan::new(steps.to_vec(), Some(Channel::Sms), 60_000).unwrap()
}

/// A world in which calls go to a provider of their own.
async fn with_voice() -> (World, HttpPeer) {
    let (world, voice) = (world().await, HttpPeer::start());
    world.route_channel(world.tenant, Channel::Voice, &connection(&voice.url())).await;
    (world, voice)
}

async fn send(world: &World, steps: &[Step]) -> Sent {
    world.send_planned(world.tenant, LIFE, Flags::default(), &limits(), Some(plan(steps)), None).await
}

/// The digits that a provider was to speak, as often as it was asked to.
fn spoken(voice: &HttpPeer) -> Vec<String> {
    let text = |json: serde_json::Value| json["text"].as_str().unwrap().to_owned();
    voice.received().iter().map(|request| text(request.json()).chars().filter(char::is_ascii_digit).collect()).collect()
}

async fn guess(world: &World, sent: &Sent) -> Verdict {
    let snapshot = world.snapshot().await;
    let (keys, version) = (&snapshot.keys, snapshot.keys.current());
    let digest = keys.pin_digest(version, sent.pin, &Pin::given(&sent.code)).unwrap();
    let guess = Guess {
        tenant: world.tenant.id,
        of: GuessOf::Pin(sent.pin),
        classes: Classes::of(&sent.code).unwrap(),
        digests: &[(version, digest)],
        success_key: None,
        source: None,
    };
    world.hot.verify(&guess).await.unwrap().verdict
}

/// What is recorded of a PIN's messages, in order.
fn deliveries(world: &World, sent: &Sent) -> String {
    let columns = "channel || ' ' || status || coalesce(' ' || reason, '')";
    let (pin, order) = (sent.pin, "ORDER BY delivery");
    world.read(&format!("SELECT string_agg({columns}, ', ' {order}) FROM deliveries WHERE pin_id = '{pin}'"))
}

fn skipped(world: &World) -> String {
    let columns = "(detail->>'step') || ' ' || (detail->>'step_channel') || ' ' || reason";
    world.read(&format!("SELECT string_agg({columns}, ', ' ORDER BY happened_at, id) FROM events WHERE kind = 'step_skipped'"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_sms_becomes_a_call_with_the_same_pin() {
    let (world, voice) = with_voice().await;
    world.provider.answer(Answer::status(400));
    let worker = world.worker(hasty());
    for on in [On::Failure, On::NoReceipt, On::NotVerified] {
        let before = voice.received().len();
        let sent = send(&world, &[step(Channel::Voice, on)]).await;
        voice.wait_for(before + 1, PATIENCE).await;
        assert_eq!(spoken(&voice)[before], sent.code);
        let dead = world.dead_letters().await;
        assert!(
            dead.iter().any(|letter| letter.job.as_ref().is_some_and(|job| job.pin == sent.pin && job.channel == Channel::Sms))
        );
        assert!(matches!(guess(&world, &sent).await, Verdict::Verified { .. }));
        world.until_quiet().await;
        assert_eq!(deliveries(&world, &sent), "sms failed http_400, voice sent");
    }
    assert_eq!(worker.metric(r#"pinfold_fallback_steps_total{channel="voice",outcome="started"}"#) as u32, 3);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_nobody_verifies_is_followed_by_a_call_after_the_wait() {
    let (world, voice) = with_voice().await;
    let workers = [world.worker(hasty()), world.worker(hasty())];
    let started = pinfold_http::clock::stopwatch();
    let sent = send(&world, &[step(Channel::Voice, On::NotVerified)]).await;
    let without_receipt = send(&world, &[step(Channel::Voice, On::NoReceipt)]).await;
    let only_on_failure = send(&world, &[step(Channel::Voice, On::Failure)]).await;
    voice.wait_for(2, PATIENCE).await;
    let took = started.elapsed();
    assert!((Duration::from_secs(5)..Duration::from_secs(9)).contains(&took), "{took:?}");
    world.until_quiet().await;
    world.assert_each_once(&[sent, without_receipt, only_on_failure]);
    assert_eq!(voice.received().len(), 2);
    for worker in workers {
        worker.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pin_that_was_verified_or_cancelled_is_followed_by_nothing() {
    let (world, voice) = with_voice().await;
    let worker = world.worker(hasty());
    let steps = [step(Channel::Voice, On::NotVerified)];
    let (verified, canceled) = (send(&world, &steps).await, send(&world, &steps).await);
    world.provider.wait_for(2, PATIENCE).await;
    assert!(matches!(guess(&world, &verified).await, Verdict::Verified { .. }));
    assert_eq!(world.hot.cancel(world.tenant.id, canceled.pin).await.unwrap(), CancelOutcome::Canceled);
    // Its timers have fired when nothing waits any more.
    world.until_quiet().await;
    assert!(voice.received().is_empty());
    assert_eq!(deliveries(&world, &verified), "sms sent");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn steps_without_an_address_and_past_a_limit_are_passed_over_and_recorded() {
    let (world, voice) = with_voice().await;
    world.provider.answer(Answer::status(400));
    let worker = world.worker(hasty());
    // The application of the worker's configuration allows one message to a number.
    let limits = Limits { send_per_number: "1/1h".parse().unwrap(), ..limits() };
    let application = Application { id: world.tenant.application, ..Application::new("main", limits) };
    let sent = send(&world, &[step(Channel::Email, On::Failure), step(Channel::Voice, On::Failure)]).await;
    voice.wait_for(1, PATIENCE).await;
    assert_eq!(spoken(&voice), std::slice::from_ref(&sent.code));
    world.until_quiet().await;
    assert_eq!(skipped(&world), "1 email no_address");
    assert_eq!(deliveries(&world, &sent), "sms failed http_400, voice sent");

    let (changed, applications) = (application.clone(), world.database.tenant(world.tenant.id).applications());
    applications.update(changed.id, move |_| Ok::<_, ()>(changed)).await.unwrap();
    until("the limit is known", async || {
        let snapshot = world.snapshot().await;
        snapshot.application(world.tenant.application).unwrap().limits.send_per_number.attempts() == 1
    })
    .await;
    let limited = world
        .send_planned(
            world.tenant,
            LIFE,
            Flags::default(),
            &application.limits,
            Some(plan(&[step(Channel::Voice, On::Failure)])),
            None,
        )
        .await;
    world.until_quiet().await;
    assert_eq!(skipped(&world), "1 email no_address, 1 voice number_limit");
    assert_eq!((deliveries(&world, &limited), voice.received().len()), ("sms failed http_400".to_owned(), 1));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_plan_of_a_template_is_followed_to_another_address() {
    let (world, voice) = with_voice().await;
    world.provider.answer(Answer::status(400));
    voice.answer(Answer::status(400));
    let message = pinfold_core::message::Message {
        id: pinfold_core::id::MessageId::random(),
        application: world.tenant.application,
        ..(*world.snapshot().await.messages[&pinfold_postgres::built_in_id(world.tenant.application)]).clone()
    };
    let scope = world.database.tenant(world.tenant.id);
    scope.messages().create(message.clone()).await.unwrap();
    let steps = plan(&[step(Channel::Voice, On::Failure), step(Channel::Email, On::NotVerified)]);
    assert_eq!(scope.fallbacks().set(message.id, Some(&steps)).await.unwrap(), Some(()));
    assert_eq!(scope.fallbacks().get(message.id).await.unwrap(), Some(Some(steps)));
    let worker = world.worker(hasty());
    let flags = Flags { has_plan: true, ..Flags::default() };
    let sent = world.send_of(message.id, flags, "eve@example.com").await;
    voice.wait_for(1, PATIENCE).await;
    world.until_quiet().await;
    assert_eq!(spoken(&voice), std::slice::from_ref(&sent.code));
    assert_eq!(deliveries(&world, &sent), "sms failed http_400, voice failed http_400, email failed no_route");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_of_failure_starts_the_next_step_once() {
    let (world, voice) = with_voice().await;
    let worker = world.worker(hasty());
    let sent = send(&world, &[step(Channel::Voice, On::Failure)]).await;
    world.provider.wait_for(1, PATIENCE).await;
    until("it is recorded", async || deliveries(&world, &sent) == "sms sent").await;
    for _ in 0..20 {
        advance(&world.hot, world.tenant.id, sent.pin, 1).await.unwrap();
    }
    advance(&world.hot, world.tenant.id, sent.pin, 7).await.unwrap();
    voice.wait_for(1, PATIENCE).await;
    world.until_quiet().await;
    advance(&world.hot, world.tenant.id, sent.pin, 1).await.unwrap();
    world.until_quiet().await;
    assert_eq!(spoken(&voice), [sent.code]);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_that_nobody_followed_is_followed_by_whoever_looks_next() {
    let (world, voice) = with_voice().await;
    world.provider.answer(Answer::ok().json(r#"{"id":"M-1"}"#));
    let worker = world.worker(hasty());
    let sent = send(&world, &[step(Channel::Voice, On::Failure)]).await;
    until("it is recorded", async || deliveries(&world, &sent) == "sms sent").await;
    // Stored by a process that ended right after.
    let connection = world.read("SELECT replace(connection_id::text, '-', '') FROM deliveries").parse().unwrap();
    let receipts = world.database.tenant(world.tenant.id).receipts();
    for _ in 0..3 {
        receipts.store(connection, &[Receipt::new("M-1", ReceiptState::Undeliverable)]).await.unwrap();
    }
    voice.wait_for(1, PATIENCE).await;
    world.until_quiet().await;
    assert_eq!(spoken(&voice), [sent.code]);
    until("it is not followed again", async || world.read("SELECT count(*) FROM receipts WHERE follow_at IS NULL") == "1").await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_survives_its_workers_and_two_of_them_start_a_step_once() {
    let (world, voice) = with_voice().await;
    world.provider.answer(Answer::ok());
    let worker = world.worker(hasty());
    let mut sent = Vec::new();
    for _ in 0..10 {
        sent.push(send(&world, &[step(Channel::Voice, On::NotVerified)]).await);
    }
    world.provider.wait_for(10, PATIENCE).await;
    until("they are recorded", async || world.read("SELECT count(*) FROM deliveries WHERE status = 'sent'") == "10").await;
    // Killed between the steps; the timers fire while nobody works, and each of them more than once.
    worker.kill().await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    for sent in &sent {
        for _ in 0..3 {
            let timer = Timer { tenant: world.tenant.id, pin: sent.pin, steps_taken: 0, failed: None };
            world.hot.look_at_plan(timer).await.unwrap();
        }
    }
    let workers = [world.worker(hasty()), world.worker(hasty())];
    voice.wait_for(10, PATIENCE).await;
    world.until_quiet().await;
    let (mut spoken, mut codes) = (spoken(&voice), sent.iter().map(|sent| sent.code.clone()).collect::<Vec<_>>());
    spoken.sort();
    codes.sort();
    assert_eq!(spoken, codes);
    for worker in workers {
        worker.stop().await;
    }
}

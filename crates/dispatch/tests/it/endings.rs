//! A PIN that is over is never sent, and the record says why.

use std::time::Duration;

use pinfold_core::alphabet::Classes;
use pinfold_core::channel::Channel;
use pinfold_core::life::ResendOutcome;
use pinfold_core::limits::Limits;
use pinfold_core::pin::Pin;
use pinfold_redis::{Flags, Guess, GuessOf, Resend};

use crate::wire::command;
use crate::world::{Sent, World, hasty, world};

async fn guess(world: &World, sent: &Sent, code: &str) {
    let keys = &world.snapshot().await.keys;
    let digest = keys.pin_digest(1, sent.pin, &Pin::given(code)).unwrap();
    let guess = Guess {
        tenant: world.tenant.id,
        of: GuessOf::Pin(sent.pin),
        classes: Classes::of(code).unwrap(),
        digests: &[(1, digest)],
        success_key: None,
        source: None,
    };
    world.hot.verify(&guess).await.unwrap();
}

async fn resend(world: &World, sent: &Sent, new_code: bool) {
    let snapshot = world.snapshot().await;
    let record = world.hot.peek(world.tenant.id, sent.pin).await.unwrap().unwrap();
    let code = snapshot.keys.derive_pin(1, sent.pin, 1, record.alphabet, record.length).unwrap();
    let resend = Resend {
        tenant: world.tenant.id,
        pin: sent.pin,
        application: world.tenant.application,
        record: &record,
        channel: Channel::Sms,
        limits: &Limits { send_per_number: "100/1h".parse().unwrap(), ..Limits::default() },
        budget: pinfold_core::caps::Budget::default(),
        new_digest: new_code.then(|| snapshot.keys.pin_digest(1, sent.pin, &code).unwrap()),
        new_sealed: None,
        pointer: None,
        pause_ms: 0,
        idempotency: None,
        caller_limits: &[],
        trace: None,
    };
    let outcome = world.hot.resend(&resend).await.unwrap();
    assert!(matches!(outcome, Some(ResendOutcome::Accepted { .. })), "{outcome:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_over_is_never_sent() {
    let world = world().await;
    let mut expired = Vec::new();
    for _ in 0..20 {
        expired.push(world.send_with(world.tenant, Duration::from_millis(600), Flags::default()).await);
    }
    let (verified, canceled, exhausted, superseded) =
        (world.send().await, world.send().await, world.send().await, world.send().await);
    guess(&world, &verified, &verified.code).await;
    world.hot.cancel(world.tenant.id, canceled.pin).await.unwrap();
    let wrong = if exhausted.code == "000000" { "000001" } else { "000000" };
    for _ in 0..Limits::default().pin_attempts {
        guess(&world, &exhausted, wrong).await;
        // The default check limit is one in three seconds.
        tokio::time::sleep(Duration::from_millis(3_010)).await;
    }
    resend(&world, &superseded, true).await;
    let gone = world.send().await;
    let key = world.record_key(gone.pin);
    assert_eq!(command(&world.redis.url(), &[b"DEL", key.as_bytes()]), ":1");

    let worker = world.worker(hasty());
    world.until_quiet().await;
    let received = world.received();
    assert_eq!(received.len(), 1, "{received:?}");
    assert_eq!(received[&format!("{}-2", superseded.pin)].len(), 1);
    assert_ne!(received[&format!("{}-2", superseded.pin)], superseded.times(1));
    for sent in &expired {
        assert_eq!(world.recorded(sent), "skipped|0|expired");
    }
    assert_eq!(world.read("SELECT count(*) FROM verifications WHERE status = 'expired'"), "20");
    assert_eq!(world.recorded(&verified), "skipped|0|verified");
    assert_eq!(world.recorded(&canceled), "skipped|0|canceled");
    assert_eq!(world.recorded(&exhausted), "skipped|0|exhausted");
    assert_eq!(world.recorded(&superseded), "skipped|0|superseded");
    assert_eq!(worker.metric(r#"pinfold_jobs_dropped_total{reason="gone"}"#) as u32, 1);
    assert!(world.dead_letters().await.is_empty());
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resend_repeats_the_code_under_a_reference_of_its_own() {
    let world = world().await;
    let sent = world.send().await;
    resend(&world, &sent, false).await;
    let worker = world.worker(hasty());
    world.until_quiet().await;
    let received = world.received();
    assert_eq!(received[&sent.reference()], sent.times(1));
    assert_eq!(received[&format!("{}-2", sent.pin)], sent.times(1));
    worker.stop().await;
}

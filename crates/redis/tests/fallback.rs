//! Fallback plans at the hot state: a step is taken once, whoever asks, and its timers lie where workers find them.

mod support;

use std::time::Duration;

use futures::future::join_all;
use pinfold_core::channel::Channel;
use pinfold_core::event::Kind;
use pinfold_core::fallback::{On, Skip, Step};
use pinfold_core::id::PinId;
use pinfold_core::life::{FallBackOutcome, Refusal, ResendOutcome, Terminal};
use pinfold_core::limits::Limits;
use pinfold_redis::{EventReader, FallBack, Hot, Idempotency, JobEntry, Queue, Record, Resend, Settlement, Then, Timer};
use pinfold_testkit::Redis;
use support::{Person, RIGHT, hot, wide};

const NEXT: Step = Step { channel: Channel::Email, after: 30, on: On::NotVerified };

fn step<'a>(person: &'a Person, pin: PinId, record: &'a Record) -> FallBack<'a> {
    FallBack {
        tenant: person.tenant,
        pin,
        application: person.application,
        record,
        channel: Channel::Voice,
        skip: None,
        following: Some(NEXT),
        is_asked_for: false,
        limits: &person.limits,
        budget: person.budget,
        idempotency: None,
    }
}

async fn record(hot: &Hot, person: &Person, pin: PinId) -> Record {
    hot.peek(person.tenant, pin).await.expect("Redis answers").expect("a record")
}

async fn depth(hot: &Hot, person: &Person) -> (u64, u64) {
    let depth = hot.depth(hot.partition(person.tenant)).await.expect("Redis answers");
    (depth.jobs as u64, depth.due as u64)
}

async fn take(hot: &Hot, person: &Person) -> Vec<JobEntry> {
    let (queue, partitions) = (Queue::new(hot, "test".into()).expect("a queue"), [hot.partition(person.tenant)]);
    let mut taken = Vec::new();
    for _ in 0..2 {
        taken.extend(queue.take(&partitions, 100, Duration::from_millis(10)).await.expect("Redis answers"));
    }
    taken
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_that_two_workers_fire_a_hundred_times_starts_one_message() {
    let server = Redis::fresh();
    let hots = [hot(&server.url()), hot(&server.url())];
    for _ in 0..20 {
        let person = Person::new(wide());
        let pin = person.send(&hots[0]).await;
        let before = record(&hots[0], &person, pin).await;
        let waiting = depth(&hots[0], &person).await.1;
        let fired = join_all((0..100).map(|number| {
            let (hot, step) = (&hots[number % 2], step(&person, pin, &before));
            async move { hot.fall_back(&step).await.expect("Redis answers") }
        }));
        let outcomes = fired.await;
        let started = outcomes.iter().filter(|outcome| **outcome == FallBackOutcome::Started { deliveries: 2 }).count();
        assert_eq!((started, outcomes.iter().filter(|outcome| **outcome == FallBackOutcome::Moved).count()), (1, 99));
        let after = record(&hots[0], &person, pin).await;
        assert_eq!((after.steps_taken, after.deliveries, after.channel), (1, 2, Channel::Voice));
        assert_eq!((after.expires_ms, after.attempts, after.attempts_used), (before.expires_ms, before.attempts, 0));
        assert_eq!((after.sealed, after.flags), (before.sealed, before.flags));
        let jobs = take(&hots[0], &person).await;
        let channels: Vec<_> = jobs
            .iter()
            .filter_map(|entry| entry.job.as_ref())
            .filter(|job| job.pin == pin)
            .map(|job| (job.channel, job.delivery))
            .collect();
        assert_eq!(channels, [(Channel::Sms, 1), (Channel::Voice, 2)]);
        assert_eq!(depth(&hots[0], &person).await.1, waiting + 1, "the next step waits");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn resends_and_steps_at_once_never_exceed_the_limit() {
    let server = Redis::fresh();
    let hots = [hot(&server.url()), hot(&server.url())];
    for _ in 0..10 {
        let person = Person::new(Limits { send_per_number: "3/1h".parse().expect("a rate"), ..wide() });
        let pin = person.send(&hots[0]).await;
        let before = record(&hots[0], &person, pin).await;
        let messages = join_all((0..40).map(|number| {
            let (hot, person, before) = (&hots[number % 2], &person, &before);
            async move {
                if number % 4 == 0 {
                    let step = FallBack { is_asked_for: true, ..step(person, pin, before) };
                    matches!(hot.fall_back(&step).await.expect("Redis answers"), FallBackOutcome::Started { .. })
                } else {
                    let resend = Resend {
                        tenant: person.tenant,
                        pin,
                        application: person.application,
                        record: before,
                        channel: Channel::Sms,
                        limits: &person.limits,
                        budget: person.budget,
                        new_digest: None,
                        new_sealed: None,
                        pointer: None,
                        pause_ms: 0,
                        idempotency: None,
                        caller_limits: &[],
                        trace: None,
                    };
                    matches!(hot.resend(&resend).await.expect("Redis answers"), Some(ResendOutcome::Accepted { .. }))
                }
            }
        }));
        assert_eq!(messages.await.into_iter().filter(|is_sent| *is_sent).count(), 2);
        assert_eq!(record(&hots[0], &person, pin).await.deliveries, 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_passes_a_step_over_with_its_reason_and_the_next_one_waits() {
    let server = Redis::fresh();
    let hot = hot(&server.url());
    let person = Person::new(Limits { send_per_number: "1/1h".parse().expect("a rate"), ..wide() });
    let pin = person.send(&hot).await;
    let before = record(&hot, &person, pin).await;
    let asked = FallBack { is_asked_for: true, ..step(&person, pin, &before) };
    let refused = hot.fall_back(&asked).await.expect("Redis answers");
    assert!(matches!(refused, FallBackOutcome::Refused(Refusal::NumberLimit { .. })), "{refused:?}");
    assert_eq!(record(&hot, &person, pin).await, before, "who asks may come back");
    let skipped = hot.fall_back(&step(&person, pin, &before)).await.expect("Redis answers");
    assert_eq!(skipped, FallBackOutcome::Skipped(Skip::NumberLimit));
    assert_eq!(record(&hot, &person, pin).await, Record { steps_taken: 1, ..before });
    assert_eq!(depth(&hot, &person).await, (1, 1));

    let reader = EventReader::new(&hot, "test".into()).expect("a reader");
    let events = reader.take(&[hot.partition(person.tenant)], 10, Duration::from_millis(10)).await.expect("Redis answers");
    let events = if events.is_empty() {
        reader.take(&[hot.partition(person.tenant)], 10, Duration::from_millis(10)).await.expect("Redis answers")
    } else {
        events
    };
    let event = events.iter().find_map(|entry| entry.events[0].clone()).expect("an event");
    let facts = event.detail.facts.expect("facts");
    assert_eq!((event.kind, event.pin, event.detail.reason.as_deref()), (Kind::StepSkipped, pin, Some("number_limit")));
    assert_eq!((facts.step, facts.step_channel), (Some(1), Some(Channel::Voice)));
}

#[tokio::test(flavor = "multi_thread")]
async fn three_pushes_within_ten_minutes_are_sent_and_the_next_one_is_passed_over() {
    let server = Redis::fresh();
    let hots = [hot(&server.url()), hot(&server.url())];
    let person = Person::new(wide());
    let pins = join_all((0..12).map(|_| person.send(&hots[0]))).await;
    let taken = join_all(pins.iter().zip(0..).map(|(pin, number): (_, usize)| {
        let (hot, person) = (&hots[number % 2], &person);
        async move {
            let before = record(hot, person, *pin).await;
            hot.fall_back(&FallBack { channel: Channel::Push, ..step(person, *pin, &before) }).await.expect("Redis answers")
        }
    }));
    let taken = taken.await;
    let count = |wanted| taken.iter().filter(|outcome| **outcome == wanted).count();
    let started = FallBackOutcome::Started { deliveries: 2 };
    assert_eq!((count(started), count(FallBackOutcome::Skipped(Skip::PushLimit))), (3, 9));

    // Who asks is told when to come back, and other ways are open, whether asked for or not.
    let pin = person.send(&hots[0]).await;
    let before = record(&hots[0], &person, pin).await;
    let asked = FallBack { channel: Channel::Push, is_asked_for: true, ..step(&person, pin, &before) };
    let refused = hots[0].fall_back(&asked).await.expect("Redis answers");
    assert!(matches!(refused, FallBackOutcome::Refused(Refusal::PushLimit { retry_ms: 590_000..=600_000 })), "{refused:?}");
    let again = |record, channel| Resend {
        tenant: person.tenant,
        pin,
        application: person.application,
        record,
        channel,
        limits: &person.limits,
        budget: person.budget,
        new_digest: None,
        new_sealed: None,
        pointer: None,
        pause_ms: 0,
        idempotency: None,
        caller_limits: &[],
        trace: None,
    };
    let resent = hots[0].resend(&again(&before, Channel::Push)).await.expect("Redis answers");
    assert!(matches!(resent, Some(ResendOutcome::Refused(Refusal::PushLimit { .. }))), "{resent:?}");
    let resent = hots[0].resend(&again(&before, Channel::Sms)).await.expect("Redis answers");
    assert!(matches!(resent, Some(ResendOutcome::Accepted { .. })), "{resent:?}");
    let before = record(&hots[0], &person, pin).await;
    let voice = hots[0].fall_back(&step(&person, pin, &before)).await.expect("Redis answers");
    assert_eq!(voice, FallBackOutcome::Started { deliveries: 3 });

    // Another person, and another tenant, have their own.
    for other in [Person { subject: [77; 12], ..person.clone() }, Person::new(wide())] {
        let pin = other.send(&hots[0]).await;
        let before = record(&hots[0], &other, pin).await;
        let push = FallBack { channel: Channel::Push, ..step(&other, pin, &before) };
        assert_eq!(hots[0].fall_back(&push).await.expect("Redis answers"), FallBackOutcome::Started { deliveries: 2 });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pin_that_is_over_takes_no_step() {
    let server = Redis::fresh();
    let hot = hot(&server.url());
    let person = Person::new(Limits { allow_multiple_verifications: true, ..wide() });
    let (verified, canceled) = (person.send(&hot).await, person.send(&hot).await);
    person.guess(&hot, verified, RIGHT).await;
    hot.cancel(person.tenant, canceled).await.expect("Redis answers");
    for (pin, terminal) in [(verified, Terminal::AlreadyVerified), (canceled, Terminal::Canceled)] {
        let record = record(&hot, &person, pin).await;
        let outcome = hot.fall_back(&step(&person, pin, &record)).await.expect("Redis answers");
        assert_eq!(outcome, FallBackOutcome::Terminal(terminal));
    }
    let stranger = Person::new(wide());
    let record = record(&hot, &person, verified).await;
    let outcome = hot.fall_back(&step(&stranger, verified, &record)).await.expect("Redis answers");
    assert_eq!(outcome, FallBackOutcome::Unknown);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idempotency_key_asks_for_one_step() {
    let server = Redis::fresh();
    let hot = hot(&server.url());
    let person = Person::new(wide());
    let pin = person.send(&hot).await;
    let key = |body| Some(Idempotency { key: [1; 16], body: [body; 16] });
    let mut outcomes = Vec::new();
    for body in [1, 1, 2] {
        let record = record(&hot, &person, pin).await;
        let asked = FallBack { idempotency: key(body), is_asked_for: true, ..step(&person, pin, &record) };
        outcomes.push(hot.fall_back(&asked).await.expect("Redis answers"));
    }
    let started = FallBackOutcome::Started { deliveries: 2 };
    assert_eq!(outcomes, [started, FallBackOutcome::Repeated, FallBackOutcome::KeyReused]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_settled_message_leaves_is_its_event_its_dead_letter_and_its_timer() {
    let server = Redis::fresh();
    let hot = hot(&server.url());
    let person = Person::new(wide());
    let pin = person.send(&hot).await;
    let entry = take(&hot, &person).await.remove(0);
    let timer = Timer { tenant: person.tenant, pin, steps_taken: 0, failed: Some(1) };
    let partition = hot.partition(person.tenant);
    let then = Then::Bury { reason: "http_503".into(), timer: Some(timer) };
    let settled = hot.settle(partition, &[Settlement { entry: &entry, event: None, then }]).await.expect("Redis answers");
    assert_eq!((settled, depth(&hot, &person).await), (1, (0, 1)));
    let dead = hot.dead_letters(partition, 10).await.expect("Redis answers");
    assert_eq!((dead[0].job.as_ref(), dead[0].reason.as_str()), (entry.job.as_ref(), "http_503"));
    hot.release(partition, 10).await.expect("Redis answers");
    let fired = take(&hot, &person).await.remove(0);
    assert_eq!((fired.job.as_ref(), fired.timer, fired.pin()), (None, Some(timer), Some((person.tenant, pin))));
    // The same wait twice is one timer.
    let wait = Timer { failed: None, ..timer };
    let look = Then::Look { after: Duration::from_secs(60), timer: wait };
    hot.settle(partition, &[Settlement { entry: &fired, event: None, then: look }]).await.expect("Redis answers");
    assert_eq!(depth(&hot, &person).await, (0, 1));
    hot.look_at_plan(wait).await.expect("Redis answers");
    assert_eq!(depth(&hot, &person).await, (1, 1));
}

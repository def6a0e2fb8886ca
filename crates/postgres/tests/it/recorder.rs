//! Events are recorded once, and what they add up to does not depend on their order.

use std::time::Instant;

use pinfold_core::channel::Channel;
use pinfold_core::event::{Detail, Event, Facts, Kind};
use pinfold_core::id::{ApplicationId, ConnectionId, MessageId, PinId, TenantId};
use pinfold_postgres::{Database, EventId, Recorded, VerificationStatus};
use pinfold_testkit::Role;
use tokio_util::task::TaskTracker;

use crate::configuration::text_message;
use crate::world::world;

const DAY_MS: u64 = 86_400_000;
/// A moment on a day whose partitions nobody made yet.
const START_MS: u64 = 1_763_720_000_000;

const STATE: &str = "SELECT (SELECT string_agg(v::text, E'\\n' ORDER BY pin_id) FROM verifications v), \
    (SELECT string_agg(d::text, E'\\n' ORDER BY pin_id, delivery) FROM deliveries d), (SELECT count(*) FROM events)";

struct Pin {
    tenant: TenantId,
    pin: PinId,
    message: MessageId,
    created_ms: u64,
}

impl Pin {
    fn new(tenant: TenantId, message: MessageId) -> Self {
        Self { tenant, pin: PinId::random(), message, created_ms: START_MS }
    }

    fn event(&self, kind: Kind, after_ms: u64, detail: Detail) -> (EventId, Event) {
        let at_ms = self.created_ms + after_ms;
        let event = Event {
            kind,
            channel: if after_ms < 1_000 { Channel::Sms } else { Channel::Voice },
            at_ms,
            created_ms: self.created_ms,
            expires_ms: self.created_ms + 300_000,
            tenant: self.tenant,
            pin: self.pin,
            message: self.message,
            subject: [1; 12],
            detail,
        };
        (format!("07-{at_ms}-{}-{}", self.pin, kind.name()), event)
    }

    /// A life with everything in it.
    fn life(&self) -> Vec<(EventId, Event)> {
        let first = Some(ConnectionId::from_bytes([1; 16]));
        let second = Some(ConnectionId::from_bytes([2; 16]));
        let delivery = |delivery, attempt, connection, provider_id: Option<&str>, reason: Option<&str>| Detail {
            delivery: Some(delivery),
            attempt: Some(attempt),
            connection,
            provider_id: provider_id.map(str::to_owned),
            segments: provider_id.map(|_| 2),
            reason: reason.map(str::to_owned),
            facts: None,
            fraud: None,
        };
        vec![
            self.event(Kind::Retried, 10, delivery(1, 1, first, None, Some("timeout"))),
            self.event(Kind::Retried, 20, delivery(1, 2, first, None, Some("timeout"))),
            self.event(Kind::Sent, 30, delivery(1, 3, first, Some("p-1"), None)),
            self.event(Kind::Wrong, 500, Detail::default()),
            self.event(Kind::Wrong, 600, Detail::default()),
            self.event(Kind::Failed, 1_500, delivery(2, 1, second, None, Some("provider_refused"))),
            self.event(Kind::Sent, 1_600, delivery(3, 1, second, Some("p-3"), None)),
            self.event(Kind::Locked, 1_700, Detail::default()),
            self.event(Kind::Verified, 2_000, Detail::default()),
            self.event(Kind::Verified, 2_500, Detail::default()),
            self.event(Kind::Skipped, 2_600, delivery(4, 0, None, None, Some("verified"))),
        ]
    }
}

/// A permutation drawn from the operating system's generator.
fn shuffled<T>(mut items: Vec<T>) -> Vec<T> {
    for last in (1..items.len()).rev() {
        items.swap(last, usize::from(u16::from_le_bytes(pinfold_core::entropy::bytes())) % (last + 1));
    }
    items
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_recorded_once() {
    let world = world().await;
    let (tenant, application, _) = world.customer("one").await;
    let pin = Pin::new(tenant, MessageId::from_bytes(*application.as_bytes()));
    let mut batch = pin.life();
    batch.extend(pin.life());
    assert_eq!(world.database.record(&batch).await.unwrap(), Recorded { new: 11, dropped: 0 });
    let state = world.read(STATE);
    assert_eq!(world.database.record(&batch).await.unwrap(), Recorded { new: 0, dropped: 0 });
    batch.push(pin.event(Kind::Wrong, 700, Detail::default()));
    assert_eq!(world.database.record(&batch).await.unwrap().new, 1);
    assert_ne!(world.read(STATE), state);
    let verification = world.database.tenant(tenant).verifications().get(pin.pin).await.unwrap().unwrap();
    assert_eq!(verification.application, Some(application), "the built-in text has the application's id");
    assert_eq!((verification.status, verification.channel), (VerificationStatus::Verified, Channel::Voice));
    assert_eq!((verification.wrong_guesses, verification.deliveries), (3, 4));
    assert_eq!(verification.sent_ms, Some(START_MS + 30));
    assert_eq!(verification.verified_ms, Some(START_MS + 2_000));
    assert_eq!((verification.created_ms, verification.expires_ms), (START_MS, START_MS + 300_000));
    let deliveries =
        "SELECT delivery, channel, status, attempts, connection_id, provider_id, segments, reason FROM deliveries ORDER BY 1";
    let (first, second) = ("01010101-0101-0101-0101-010101010101", "02020202-0202-0202-0202-020202020202");
    let expected = format!(
        "1|sms|sent|3|{first}|p-1|2|\n2|voice|failed|1|{second}|||provider_refused\n3|voice|sent|1|{second}|p-3|2|\n4|voice|skipped|0||||verified"
    );
    assert_eq!(world.read(deliveries), expected);
}

/// What a provider took at the first attempt: recorded without looking, as long as nothing of it is there.
#[tokio::test(flavor = "multi_thread")]
async fn first_sends_add_up_as_any_other_event_does() {
    let world = world().await;
    let (tenant, application, _) = world.customer("one").await;
    let (other_tenant, other_application, _) = world.customer("two").await;
    let message = text_message(application, "<pin>");
    world.database.tenant(tenant).messages().create(message.clone()).await.unwrap();
    let own = message.id;
    let detail = |facts: Facts| Detail {
        delivery: Some(1),
        attempt: Some(1),
        connection: Some(ConnectionId::from_bytes([1; 16])),
        provider_id: Some("p-1".into()),
        segments: Some(2),
        facts: Some(Box::new(facts)),
        ..Detail::default()
    };
    let price = Facts { price_micros: Some(70_000), currency: Some("EUR".parse().unwrap()), ..Facts::default() };
    let sandbox = Facts { is_sandbox: true, ..Facts::default() };
    let test = Facts { is_test: true, ..sandbox.clone() };
    let built_in = |application: ApplicationId| MessageId::from_bytes(*application.as_bytes());
    let mut batch = Vec::new();
    for (tenant, message, facts) in [
        (tenant, own, Facts::default()),
        (tenant, own, price.clone()),
        (other_tenant, built_in(other_application), price),
        (tenant, built_in(application), sandbox),
        (tenant, own, test),
        (tenant, MessageId::random(), Facts::default()),
    ] {
        batch.extend((0..20).map(|_| Pin::new(tenant, message).event(Kind::Sent, 30, detail(facts.clone()))));
    }
    let usage = "SELECT string_agg(u::text, E'\\n' ORDER BY u::text) FROM usage_days u";
    assert_eq!(world.database.record(&shuffled(batch.clone())).await.unwrap(), Recorded { new: 120, dropped: 0 });
    let (state, used) = (world.read(STATE), world.read(usage));
    assert_eq!(world.read("SELECT sum(messages), sum(micros) FROM usage_days"), "80|2800000");
    assert_eq!(world.read("SELECT count(*) FROM verifications WHERE is_test"), "20");

    // Again, and in a batch with one that is new: nothing counts twice.
    assert_eq!(world.database.record(&batch).await.unwrap(), Recorded { new: 0, dropped: 0 });
    assert_eq!((world.read(STATE), world.read(usage)), (state.clone(), used.clone()));
    let late = Pin::new(tenant, own);
    batch.push(late.event(Kind::Sent, 30, detail(Facts::default())));
    assert_eq!(world.database.record(&batch).await.unwrap(), Recorded { new: 1, dropped: 0 });

    // The way that looks at each PIN comes to the same: twice the same event in a batch leads there.
    world.read("TRUNCATE events, verifications, deliveries, usage_days");
    batch.pop();
    let twice: Vec<_> = batch.iter().cloned().chain(batch.iter().cloned()).collect();
    assert_eq!(world.database.record(&shuffled(twice)).await.unwrap(), Recorded { new: 120, dropped: 0 });
    assert_eq!((world.read(STATE), world.read(usage)), (state, used));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_that_comes_after_its_verification_changes_nothing_else() {
    let world = world().await;
    let (tenant, application, _) = world.customer("one").await;
    let pins: Vec<Pin> = (0..3).map(|_| Pin::new(tenant, MessageId::from_bytes(*application.as_bytes()))).collect();
    let first = Detail { delivery: Some(1), attempt: Some(1), ..Detail::default() };
    let sends: Vec<_> = pins.iter().map(|pin| pin.event(Kind::Sent, 30, first.clone())).collect();
    let verified = pins[1].event(Kind::Verified, 900, Detail::default());
    assert_eq!(world.database.record(std::slice::from_ref(&verified)).await.unwrap().new, 1);
    assert_eq!(world.database.record(&sends).await.unwrap(), Recorded { new: 3, dropped: 0 });
    let statuses = "SELECT string_agg(status, ' ' ORDER BY status) FROM verifications";
    assert_eq!(world.read(statuses), "sent sent verified");
    let state = world.read(STATE);
    world.read("TRUNCATE events, verifications, deliveries");
    let together: Vec<_> = sends.into_iter().chain([verified]).collect();
    assert_eq!(world.database.record(&together).await.unwrap(), Recorded { new: 4, dropped: 0 });
    assert_eq!(world.read(STATE), state);

    // A tenant that is gone takes nobody with it.
    let gone = Pin::new(TenantId::random(), MessageId::random()).event(Kind::Sent, 30, first.clone());
    let fresh = Pin::new(tenant, MessageId::random()).event(Kind::Sent, 30, first);
    assert_eq!(world.database.record(&[gone, fresh]).await.unwrap(), Recorded { new: 1, dropped: 1 });
}

#[tokio::test(flavor = "multi_thread")]
async fn the_order_of_events_changes_nothing() {
    let world = world().await;
    let (tenant, application, _) = world.customer("one").await;
    let message = text_message(application, "<pin>");
    world.database.tenant(tenant).messages().create(message.clone()).await.unwrap();
    let pins: Vec<Pin> = (0..4).map(|_| Pin::new(tenant, message.id)).collect();
    let events: Vec<_> = pins.iter().flat_map(Pin::life).collect();
    assert_eq!(world.database.record(&events).await.unwrap().new, 44);
    let expected = world.read(STATE);
    for _ in 0..25 {
        world.read("TRUNCATE events, verifications, deliveries");
        let events = shuffled(events.clone());
        let mut rest = events.as_slice();
        let mut new = 0;
        while !rest.is_empty() {
            let size = 1 + usize::from(pinfold_core::entropy::bytes::<1>()[0]) % rest.len().min(9);
            let (batch, after) = rest.split_at(size);
            new += world.database.record(batch).await.unwrap().new;
            if size % 3 == 0 {
                world.database.record(batch).await.unwrap();
            }
            rest = after;
        }
        assert_eq!(new, 44);
        assert_eq!(world.read(STATE), expected);
    }
    let verification = world.database.tenant(tenant).verifications().get(pins[0].pin).await.unwrap().unwrap();
    assert_eq!(verification.application, Some(application));
}

#[tokio::test(flavor = "multi_thread")]
async fn recorders_side_by_side_lose_and_repeat_nothing() {
    let world = world().await;
    let mut events = Vec::new();
    let first = Detail { delivery: Some(1), attempt: Some(1), ..Detail::default() };
    for name in ["one", "two", "three"] {
        let (tenant, application, _) = world.customer(name).await;
        let message = MessageId::from_bytes(*application.as_bytes());
        for _ in 0..20 {
            events.extend(Pin::new(tenant, message).life());
            let quick = Pin::new(tenant, message);
            events.extend([quick.event(Kind::Sent, 30, first.clone()), quick.event(Kind::Wrong, 500, Detail::default())]);
        }
    }
    // Four recorders, each with all of it, in another order and other batches.
    let recorders = (0..4).map(|_| {
        let (events, database) = (shuffled(events.clone()), Database::connect(&world.settings, TaskTracker::new()).unwrap());
        async move {
            let mut new = 0;
            for batch in events.chunks(64) {
                new += database.record(batch).await.unwrap().new;
            }
            new
        }
    });
    let new: u32 = futures::future::join_all(recorders).await.into_iter().sum();
    assert_eq!(new, 780);
    assert_eq!(world.read("SELECT count(*), sum(wrong_guesses), count(verified_at) FROM verifications"), "120|180|60");
    assert_eq!(world.read("SELECT count(*), sum(attempts) FROM deliveries"), "300|360");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_is_what_weighs_most() {
    let world = world().await;
    let (tenant, application, _) = world.customer("one").await;
    let expired = || Detail { reason: Some("expired".to_owned()), ..Detail::default() };
    let cases: [(&[(Kind, Detail)], VerificationStatus); 9] = [
        (&[(Kind::Retried, Detail::default())], VerificationStatus::Waiting),
        (&[(Kind::Wrong, Detail::default()), (Kind::Sent, Detail::default())], VerificationStatus::Sent),
        (&[(Kind::Failed, Detail::default())], VerificationStatus::Failed),
        (&[(Kind::Skipped, expired())], VerificationStatus::Expired),
        (&[(Kind::Skipped, Detail::default())], VerificationStatus::Waiting),
        (&[(Kind::Failed, Detail::default()), (Kind::Sent, Detail::default())], VerificationStatus::Sent),
        (&[(Kind::Canceled, Detail::default()), (Kind::Failed, Detail::default())], VerificationStatus::Canceled),
        (&[(Kind::Exhausted, Detail::default()), (Kind::Canceled, Detail::default())], VerificationStatus::Exhausted),
        (&[(Kind::Verified, Detail::default()), (Kind::Exhausted, Detail::default())], VerificationStatus::Verified),
    ];
    for (kinds, status) in cases {
        let pin = Pin::new(tenant, MessageId::from_bytes(*application.as_bytes()));
        let events: Vec<_> = kinds.iter().zip(1..).map(|((kind, detail), at)| pin.event(*kind, at, detail.clone())).collect();
        world.database.record(&events).await.unwrap();
        let verification = world.database.tenant(tenant).verifications().get(pin.pin).await.unwrap().unwrap();
        assert_eq!(verification.status, status, "{kinds:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_recorded_is_left_out_and_counted() {
    let world = world().await;
    let (tenant, application, _) = world.customer("one").await;
    let message = MessageId::from_bytes(*application.as_bytes());
    let gone = Pin::new(TenantId::random(), MessageId::random());
    let mut never = Pin::new(tenant, message);
    never.created_ms = 0;
    let mut far = Pin::new(tenant, message);
    far.created_ms = (1 << 48) - 10_000;
    let mut batch = vec![gone.event(Kind::Sent, 1, Detail::default())];
    batch.push(never.event(Kind::Sent, 1, Detail::default()));
    batch.push(far.event(Kind::Sent, 1, Detail::default()));
    assert_eq!(world.database.record(&batch).await.unwrap(), Recorded { new: 0, dropped: 3 });
    let nasty = Detail {
        provider_id: Some(format!("a\0{}", "é".repeat(100_000))),
        reason: Some("\0".to_owned()),
        segments: Some(u16::MAX),
        delivery: Some(u8::MAX),
        attempt: Some(u8::MAX),
        connection: None,
        facts: None,
        fraud: None,
    };
    let orphan = Pin::new(tenant, MessageId::random());
    batch.push(orphan.event(Kind::Sent, 1, nasty));
    assert_eq!(world.database.record(&batch).await.unwrap(), Recorded { new: 1, dropped: 3 });
    let verification = world.database.tenant(tenant).verifications().get(orphan.pin).await.unwrap().unwrap();
    assert_eq!((verification.application, verification.deliveries), (None::<ApplicationId>, 255));
    assert_eq!(world.database.record(&[]).await.unwrap(), Recorded::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn partitions_are_made_when_needed_and_dropped_when_old() {
    let world = world().await;
    let (tenant, application, _) = world.customer("one").await;
    let message = MessageId::from_bytes(*application.as_bytes());
    let partitions =
        |day: &str| world.read(&format!("SELECT count(*) FROM pg_class WHERE relname ~ '_{day}$' AND relkind = 'r'"));
    let days: Vec<Pin> = (0..4)
        .map(|day| {
            let mut pin = Pin::new(tenant, message);
            pin.created_ms += day * DAY_MS;
            pin
        })
        .collect();
    // The last moment of one day and the first of the next.
    let mut midnight = Pin::new(tenant, message);
    midnight.created_ms = START_MS / DAY_MS * DAY_MS + DAY_MS - 1;
    let mut batch: Vec<_> = days.iter().flat_map(Pin::life).collect();
    batch.extend(midnight.life());
    assert_eq!(partitions("20251121"), "0");
    assert_eq!(world.database.record(&batch).await.unwrap().new, 55);
    assert_eq!(partitions("20251121"), "3");
    assert_eq!(world.read("SELECT count(*) FROM verifications_20251121"), "2");
    assert_eq!(world.read("SELECT count(*) FROM verifications_20251122"), "1");
    // Another process drops what this one knows to exist.
    let other = Database::connect(&world.settings, TaskTracker::new()).unwrap();
    assert_eq!(other.drop_partitions(START_MS + 3 * DAY_MS, 2).await.unwrap(), 3);
    assert_eq!((partitions("20251121"), partitions("20251122")), ("0".to_owned(), "3".to_owned()));
    assert_eq!(world.database.tenant(tenant).verifications().get(days[0].pin).await.unwrap(), None);
    assert!(world.database.tenant(tenant).verifications().get(days[1].pin).await.unwrap().is_some());
    assert_eq!(world.database.record(&days[0].life()).await.unwrap().new, 11);
    // Ahead, by many at once.
    let day = START_MS + 100 * DAY_MS;
    let ahead = (0..4).map(|_| Database::connect(&world.settings, TaskTracker::new()).unwrap());
    let made = ahead.map(|database| async move { database.create_partitions(day, 4).await.unwrap() });
    assert_eq!(futures::future::join_all(made).await.into_iter().sum::<u32>(), 15);
    assert_eq!(world.database.create_partitions(day, 4).await.unwrap(), 0);
    // However little a caller wants to keep, yesterday stays.
    let today =
        world.read("SELECT count(*) FROM pg_class WHERE relname = 'events_' || to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDD')");
    world.database.drop_partitions(4_000_000_000_000, 0).await.unwrap();
    assert_eq!(
        world.read("SELECT count(*) FROM pg_class WHERE relname = 'events_' || to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDD')"),
        today
    );
    assert!(world.sql.query(Role::Service, "SELECT create_partitions('1999-01-01', 1)").is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_are_filtered_and_newest_first() {
    let world = world().await;
    let (tenant, application, _) = world.customer("one").await;
    let message = MessageId::from_bytes(*application.as_bytes());
    let mut pins: Vec<Pin> = (0..4).map(|_| Pin::new(tenant, message)).collect();
    for (nth, pin) in pins.iter_mut().enumerate() {
        pin.created_ms += DAY_MS * u64::try_from(nth).unwrap();
    }
    let mut other = pins[3].event(Kind::Verified, 5, Detail::default());
    other.1.subject = [2; 12];
    other.1.pin = PinId::random();
    let batch = [
        pins[0].event(Kind::Sent, 1, Detail::default()),
        pins[0].event(Kind::Verified, 2, Detail::default()),
        pins[1].event(Kind::Sent, 1, Detail::default()),
        pins[2].event(Kind::Verified, 1, Detail::default()),
        pins[3].event(Kind::Failed, 1, Detail::default()),
        other,
    ];
    world.database.record(&batch).await.unwrap();
    let verifications = world.database.tenant(tenant).verifications();
    let list = async |verified, sent| {
        let rows = verifications.list([1; 12], verified, sent).await.unwrap();
        rows.iter().map(|row| pins.iter().position(|pin| pin.pin == row.pin).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(list(None, None).await, [3, 2, 1, 0]);
    assert_eq!(list(Some(true), None).await, [2, 0]);
    assert_eq!(list(Some(false), None).await, [3, 1]);
    assert_eq!(list(None, Some(true)).await, [1, 0]);
    assert_eq!(list(Some(true), Some(true)).await, [0]);
    assert_eq!(list(Some(false), Some(false)).await, [3]);
    assert_eq!(verifications.list([9; 12], None, None).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_batch_takes_little() {
    let world = world().await;
    let (tenant, application, _) = world.customer("one").await;
    let message = MessageId::from_bytes(*application.as_bytes());
    let batch = || (0..250).map(|_| Pin::new(tenant, message)).flat_map(|pin| pin.life().into_iter().take(2)).collect::<Vec<_>>();
    world.database.record(&batch()).await.unwrap();
    let (small, large) = (batch(), batch());
    #[expect(clippy::disallowed_methods, reason = "a ratio inside one run")]
    let start = Instant::now();
    for events in small.chunks(1).take(50) {
        world.database.record(events).await.unwrap();
    }
    let one_by_one = start.elapsed();
    #[expect(clippy::disallowed_methods, reason = "a ratio inside one run")]
    let start = Instant::now();
    assert_eq!(world.database.record(&large).await.unwrap().new, 500);
    let together = start.elapsed();
    assert!(together < one_by_one * 2, "one by one {one_by_one:?}, together {together:?}");
}

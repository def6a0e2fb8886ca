//! Figures of dashboards are summed up from the record, again and again, and come out the same.

use std::time::Duration;

use pinfold_core::channel::Channel;
use pinfold_core::event::{Detail, Event, Facts, Kind};
use pinfold_core::id::{ApplicationId, ConnectionId, MessageId, PinId, TenantId};
use pinfold_postgres::{EventId, Figures, TrafficFilter, TrafficGroup, TrafficKey, TrafficTurn, built_in_id};

use crate::world::{World, world};

const HOUR_MS: u64 = 3_600_000;

/// A PIN accepted in an hour of its own.
struct Pin<'a> {
    world: &'a World,
    tenant: TenantId,
    message: MessageId,
    id: PinId,
    created_ms: u64,
}

impl Pin<'_> {
    async fn record(&self, kind: Kind, after_ms: u64, detail: Detail) {
        let at_ms = self.created_ms + after_ms;
        let event = Event {
            kind,
            channel: Channel::Sms,
            at_ms,
            created_ms: self.created_ms,
            expires_ms: self.created_ms + 300_000,
            tenant: self.tenant,
            pin: self.id,
            message: self.message,
            subject: [3; 12],
            detail,
        };
        let id: EventId = format!("07-{at_ms}-{}-{}", self.id, kind.name());
        self.world.database.record(&[(id, event)]).await.unwrap();
    }

    async fn message(&self, kind: Kind, delivery: u8, connection: ConnectionId, country: &str, latency_ms: u32) {
        let facts = Facts { region: Some(country.parse().unwrap()), latency_ms: Some(latency_ms), ..Facts::default() };
        let detail = Detail {
            delivery: Some(delivery),
            attempt: Some(1),
            connection: Some(connection),
            provider_id: Some(format!("{}-{delivery}", self.id)),
            facts: Some(Box::new(facts)),
            ..Detail::default()
        };
        self.record(kind, 1_000 * u64::from(delivery), detail).await;
    }
}

async fn sums(world: &World, tenant: TenantId, filter: &TrafficFilter, group: TrafficGroup) -> Vec<(String, Figures)> {
    let sums = world.database.tenant(tenant).traffic().sums(filter.clone(), group).await.unwrap();
    let text = |key| match key {
        TrafficKey::Time(at_ms) => at_ms.to_string(),
        TrafficKey::Label(label) => label,
    };
    sums.into_iter().map(|(key, figures)| (text(key), figures)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_follow_the_record() {
    let world = world().await;
    let (tenant, stranger) = (world.tenant("ann").await, world.tenant("bob").await);
    let application = ApplicationId::random();
    let now_ms: u64 = world.read("SELECT (extract(epoch FROM now()) * 1000)::bigint").parse().unwrap();
    let hour_ms = now_ms / HOUR_MS * HOUR_MS - 5 * HOUR_MS;
    let pin = |created_ms| Pin { world: &world, tenant, message: built_in_id(application), id: PinId::random(), created_ms };
    let (swiss, french) = (ConnectionId::from_bytes([1; 16]), ConnectionId::from_bytes([2; 16]));

    // Verified after a resend over another connection: counted there, once.
    let resent = pin(hour_ms + 60_000);
    resent.message(Kind::Sent, 1, swiss, "CH", 50).await;
    resent.message(Kind::Sent, 2, french, "CH", 400).await;
    resent.record(Kind::Wrong, 10_000, Detail::default()).await;
    resent.record(Kind::Verified, 20_000, Detail::default()).await;
    // Sent, and dead since; its receipt came.
    let dead = pin(hour_ms + 7 * 60_000);
    dead.message(Kind::Sent, 1, swiss, "CH", 20_000).await;
    world.read(&format!(
        "INSERT INTO receipts (tenant_id, connection_id, provider_id, state) \
         SELECT tenant_id, connection_id, provider_id, 'delivered' FROM deliveries WHERE pin_id = '{}' RETURNING 1",
        uuid::Uuid::from(dead.id)
    ));
    // In the next hour, and refused.
    pin(hour_ms + HOUR_MS).message(Kind::Failed, 1, french, "FR", 90).await;

    let all = TrafficFilter {
        from_ms: hour_ms,
        to_ms: hour_ms + 3 * HOUR_MS,
        application: None,
        channel: None,
        region: None,
        connection: None,
        is_sandbox: None,
    };
    assert!(world.database.traffic_gap_ms().await.unwrap() <= hour_ms + 60_000);
    assert_eq!(sums(&world, tenant, &all, TrafficGroup::Country).await, []);
    // What is new does not hide that older is missing.
    assert!(world.database.roll_up_traffic(hour_ms + HOUR_MS, hour_ms + 2 * HOUR_MS).await.unwrap());
    assert!(world.database.traffic_gap_ms().await.unwrap() <= hour_ms + 60_000);
    // A part of a span is the span.
    assert!(world.database.roll_up_traffic(hour_ms + 1, hour_ms + 2).await.unwrap());
    assert_eq!(sums(&world, tenant, &all, TrafficGroup::Country).await[0].1.pins, 1);
    // Twice is as good as once.
    for _ in 0..2 {
        assert!(world.database.roll_up_traffic(hour_ms, hour_ms + 2 * HOUR_MS).await.unwrap());
    }
    let gap_ms = world.database.traffic_gap_ms().await.unwrap();
    assert_eq!(gap_ms, hour_ms + 2 * HOUR_MS);

    let of = |pairs: &[(String, Figures)], key: &str| pairs.iter().find(|(known, _)| known == key).map(|(_, figures)| *figures);
    let first = Figures {
        pins: 2,
        pins_sent: 2,
        pins_delivered: 1,
        pins_verified: 1,
        pins_expired: 1,
        wrong_guesses: 1,
        messages: 3,
        messages_sent: 3,
        messages_delivered: 1,
        handed_over_100: 1,
        handed_over_1000: 1,
        handed_over_later: 1,
        verified_30: 1,
        ..Figures::default()
    };
    let second = Figures { pins: 1, pins_failed: 1, messages: 1, messages_failed: 1, handed_over_100: 1, ..Figures::default() };
    let by_country = sums(&world, tenant, &all, TrafficGroup::Country).await;
    assert_eq!(by_country, [("CH".to_owned(), first), ("FR".to_owned(), second)]);
    let by_hour = sums(&world, tenant, &all, TrafficGroup::Time(HOUR_MS)).await;
    assert_eq!(by_hour, [(hour_ms.to_string(), first), ((hour_ms + HOUR_MS).to_string(), second)]);
    let by_connection = sums(&world, tenant, &all, TrafficGroup::Connection).await;
    let swiss_sums = of(&by_connection, &swiss.to_string()).unwrap();
    assert_eq!((swiss_sums.pins, swiss_sums.pins_verified, swiss_sums.messages), (1, 0, 2));
    let french_sums = of(&by_connection, &french.to_string()).unwrap();
    assert_eq!((french_sums.pins, french_sums.pins_verified, french_sums.messages), (2, 1, 2));

    let filtered = TrafficFilter { region: Some("FR".parse().unwrap()), channel: Some(Channel::Sms), ..all.clone() };
    assert_eq!(sums(&world, tenant, &filtered, TrafficGroup::Channel).await, [("sms".to_owned(), second)]);
    for none in [
        TrafficFilter { connection: Some(ConnectionId::random()), ..all.clone() },
        TrafficFilter { application: Some(application), ..all.clone() },
        TrafficFilter { is_sandbox: Some(true), ..all.clone() },
        TrafficFilter { from_ms: hour_ms + 2 * HOUR_MS, ..all.clone() },
    ] {
        assert_eq!(sums(&world, tenant, &none, TrafficGroup::Channel).await, [], "{none:?}");
    }
    assert_eq!(sums(&world, stranger, &all, TrafficGroup::Channel).await, []);

    // Joined into hours, it is the same, and stays so when it is summed up again.
    assert_eq!(world.database.condense_traffic(hour_ms + 2 * HOUR_MS, 0).await.unwrap(), 4);
    assert_eq!(sums(&world, tenant, &all, TrafficGroup::Country).await, by_country);
    assert!(world.database.roll_up_traffic(hour_ms + 1, hour_ms + 2).await.unwrap());
    assert_eq!(sums(&world, tenant, &all, TrafficGroup::Country).await, by_country);
    world.database.condense_traffic(now_ms, now_ms).await.unwrap();
    assert_eq!(sums(&world, tenant, &all, TrafficGroup::Country).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_take_turns() {
    const LATER: Duration = Duration::from_secs(60);
    let database = &world().await.database;
    assert_eq!(database.take_traffic_turn(LATER).await.unwrap(), Some(TrafficTurn::Late), "nothing was ever summed up");
    assert_eq!(database.take_traffic_turn(LATER).await.unwrap(), None, "somebody has it");
    database.schedule_traffic_turn(Duration::ZERO, Some(LATER)).await.unwrap();
    // Who does not keep a turn loses it.
    for _ in 0..2 {
        assert_eq!(database.take_traffic_turn(Duration::ZERO).await.unwrap(), Some(TrafficTurn::Fresh));
    }
    database.schedule_traffic_turn(LATER, None).await.unwrap();
    assert_eq!(database.take_traffic_turn(LATER).await.unwrap(), None, "it is not due");
    database.schedule_traffic_turn(Duration::ZERO, Some(Duration::ZERO)).await.unwrap();
    assert_eq!(database.take_traffic_turn(LATER).await.unwrap(), Some(TrafficTurn::Late));
}

//! Routes with legs; what the version before this one writes is taken over; what became of messages is counted.

use pinfold_core::channel::Channel;
use pinfold_core::connection::{Connection, Provider, Traffic};
use pinfold_core::event::{Detail, Event, Facts, Kind};
use pinfold_core::id::{ConnectionId, MessageId, PinId, TenantId};
use pinfold_core::price::{Currency, Price};
use pinfold_core::route::{Leg, Mix, Prefix, Route, Strategy};
use pinfold_postgres::Window;
use pinfold_testkit::Role;

use crate::world::{World, world};

async fn connections(world: &World, tenant: TenantId, count: u8) -> Vec<ConnectionId> {
    let snapshot = world.snapshots().tenant(tenant).await.unwrap().unwrap();
    let mut ids = Vec::new();
    for number in 0..count {
        let traffic = Traffic { max_per_second: Some(10), deadline_ms: Some(2_500), max_concurrency: None };
        let connection = Connection {
            id: ConnectionId::random(),
            name: number.to_string(),
            is_enabled: true,
            provider: Provider::Simulator {},
            traffic,
        };
        let all = world.database.tenant(tenant).connections();
        all.create(&connection, &snapshot.keys).await.unwrap();
        assert_eq!(all.get(connection.id, &snapshot.keys).await.unwrap(), Some(connection.clone()));
        let change = |stored| Ok::<_, ()>(Connection { traffic: Traffic::default(), ..stored });
        let unlimited = all.update(connection.id, snapshot.clone(), change).await.unwrap().unwrap().unwrap();
        assert_eq!(all.get(unlimited.id, &snapshot.keys).await.unwrap().unwrap().traffic, Traffic::default());
        ids.push(unlimited.id);
    }
    ids
}

fn route(prefix: &str, legs: &[ConnectionId]) -> Route {
    let leg = |id: &ConnectionId| Leg {
        weight: 7,
        sender: Some("Bank".into()),
        price: Some(Price { micros: 7_500, currency: Currency::EUR }),
        ..Leg::to(*id)
    };
    Route {
        channel: Channel::Sms,
        prefix: prefix.parse().unwrap(),
        strategy: Strategy::Ranked,
        mix: Mix { conversion: 1, cost: 2, latency: 3 },
        legs: legs.iter().map(leg).collect(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn routes_keep_their_legs_in_order_and_their_connections() {
    let world = world().await;
    let (tenant, stranger) = (world.tenant("one").await, world.tenant("other").await);
    let ids = connections(&world, tenant, 3).await;
    let routes = world.database.tenant(tenant).routes();
    let (everybody, swiss) = (route("", &[ids[1], ids[0]]), route("CH", &[ids[2], ids[1]]));
    for route in [&everybody, &swiss] {
        routes.put(route.clone()).await.unwrap();
    }
    assert_eq!(routes.list().await.unwrap(), [everybody.clone(), swiss.clone()]);
    let shorter = route("CH", &[ids[1]]);
    routes.put(shorter.clone()).await.unwrap();
    assert_eq!(routes.list().await.unwrap(), [everybody, shorter]);
    let all = world.database.tenant(tenant).connections();
    assert!(all.delete(ids[0]).await.unwrap_err().is_refused(), "a leg uses it");
    assert_eq!(all.delete(ids[2]).await.unwrap(), Some(()));
    assert!(world.database.tenant(stranger).routes().put(route("", &[ids[0]])).await.unwrap_err().is_refused());
    assert_eq!(routes.remove(Channel::Sms, Prefix::Any).await.unwrap(), Some(()));
    assert_eq!(routes.remove(Channel::Sms, "CH".parse().unwrap()).await.unwrap(), Some(()));
    assert_eq!(routes.remove(Channel::Sms, "CH".parse().unwrap()).await.unwrap(), None);
    assert_eq!(world.read("SELECT count(*) FROM routes").trim(), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_version_before_this_one_reads_and_writes_default_routes() {
    let world = world().await;
    let tenant = world.tenant("one").await;
    let ids = connections(&world, tenant, 2).await;
    let routes = world.database.tenant(tenant).routes();
    routes.put(route("", &[ids[1], ids[0]])).await.unwrap();
    routes.put(route("41", &[ids[0]])).await.unwrap();
    let read = world.read("SELECT replace(upper(connection_id::text), '-', '') FROM routes");
    assert_eq!(read.trim(), ids[1].to_string(), "it sees the first leg, and no prefix");
    let as_tenant = |sql: &str| {
        let sql = format!("BEGIN; SELECT set_config('app.tenant', '{}', true); {sql}; COMMIT", uuid::Uuid::from(tenant));
        world.sql.query(Role::Service, &sql).unwrap();
    };
    as_tenant(&format!("UPDATE routes SET connection_id = '{}' WHERE channel = 'sms'", uuid::Uuid::from(ids[0])));
    let default = routes.list().await.unwrap().remove(0);
    assert_eq!((default.strategy, default.legs), (Strategy::Ordered, vec![Leg::to(ids[0])]));
    as_tenant("DELETE FROM routes WHERE channel = 'sms'");
    assert_eq!(routes.list().await.unwrap(), [route("41", &[ids[0]])]);
}

#[tokio::test(flavor = "multi_thread")]
async fn verified_pins_are_counted_for_the_connection_whose_message_was_read() {
    let world = world().await;
    let tenant = world.tenant("one").await;
    let (first, second) = (ConnectionId::random(), ConnectionId::random());
    let now_ms = 1_763_720_000_000;
    let event = |pin: PinId, kind, age_ms: u64, connection: Option<ConnectionId>, fault: Option<&'static str>| {
        let facts = Facts { region: "CH".parse().ok(), latency_ms: Some(200), fault: fault.map(Into::into), ..Facts::default() };
        let facts = connection.map(|_| Box::new(facts));
        let event = Event {
            kind,
            channel: Channel::Sms,
            at_ms: now_ms - age_ms,
            created_ms: now_ms - 600_000,
            expires_ms: now_ms + 600_000,
            tenant,
            pin,
            message: MessageId::from_bytes([3; 16]),
            subject: [3; 12],
            detail: Detail { delivery: Some(1), attempt: Some(1), connection, facts, ..Detail::default() },
        };
        (format!("07-{}-{}", event.at_ms, u32::from_be_bytes(pinfold_core::entropy::bytes()) % 1_000), event)
    };
    let pins: Vec<PinId> = (0..6).map(|_| PinId::random()).collect();
    let events = [
        // Verified after its message.
        event(pins[0], Kind::Sent, 300_000, Some(first), None),
        event(pins[0], Kind::Verified, 290_000, None, None),
        // Sent again by the second: the second one was read.
        event(pins[1], Kind::Sent, 300_000, Some(first), None),
        event(pins[1], Kind::Sent, 295_000, Some(second), None),
        event(pins[1], Kind::Verified, 290_000, None, None),
        // Too young to be judged, although it was verified.
        event(pins[2], Kind::Sent, 10_000, Some(first), None),
        event(pins[2], Kind::Verified, 5_000, None, None),
        // Failed over: counts against the first at once.
        event(pins[3], Kind::Retried, 5_000, Some(first), Some("connection")),
        // An invalid number counts against nobody.
        event(pins[4], Kind::Failed, 300_000, Some(first), Some("recipient")),
        // Too long ago.
        event(pins[5], Kind::Sent, 3_000_000, Some(second), None),
    ];
    world.database.record(&events).await.unwrap();
    let window = Window { now_ms, length_ms: 1_800_000, ripe_ms: 60_000, most: 1_000, partition: 7 };
    let seen = world.database.tenant(tenant).conversions(window.clone()).await.unwrap();
    let count = |id| {
        let mine = seen.iter().filter(|one| one.connection == id);
        mine.fold((0, 0, 0), |sum, one| (sum.0 + one.sends, sum.1 + one.verified, sum.2 + one.accepted))
    };
    assert_eq!((count(first), count(second)), ((3, 1, 2), (1, 1, 1)), "{seen:?}");
    assert!(seen.iter().all(|one| one.region == "CH".parse().ok()));
    let old = seen.iter().find(|one| one.connection == second).unwrap();
    assert_eq!((old.age_ms, old.latency_sum_ms as u32), (270_000, 200));
    let stranger = world.tenant("other").await;
    assert_eq!(world.database.tenant(stranger).conversions(window).await.unwrap(), []);
    assert_eq!(world.read("SELECT detail ->> 'region' FROM events WHERE kind = 'retried'").trim(), "CH");
}

//! Receipts in any order and any number end in the same state, and each end is told once.

use pinfold_core::channel::Channel;
use pinfold_core::event::{Detail, Event, Kind};
use pinfold_core::id::{ConnectionId, MessageId, PinId, TenantId};
use pinfold_core::price::{Currency, Price};
use pinfold_core::receipt::{Receipt, ReceiptState};
use pinfold_postgres::{DeliveryState, DeliveryStatus, Poll};

use crate::world::{World, world};

const STATE: &str = "SELECT string_agg(concat_ws('|', provider_id, state, reason, happened_at, price_micros, currency), E'\\n' \
    ORDER BY provider_id) FROM receipts";
const TOLD: &str = "SELECT string_agg(kind, ',' ORDER BY id) FROM events WHERE kind LIKE '%delivered'";

fn now_ms(world: &World) -> u64 {
    world.read("SELECT (extract(epoch FROM now()) * 1000)::bigint").parse().unwrap()
}

/// Records that a message left under this id.
async fn sent(world: &World, tenant: TenantId, connection: ConnectionId, provider_id: &str) -> PinId {
    let (pin, now_ms) = (PinId::random(), now_ms(world));
    let event = Event {
        kind: Kind::Sent,
        channel: Channel::Sms,
        at_ms: now_ms - 5_000,
        created_ms: now_ms - 6_000,
        expires_ms: now_ms + 300_000,
        tenant,
        pin,
        message: MessageId::random(),
        subject: [3; 12],
        detail: Detail {
            delivery: Some(1),
            attempt: Some(1),
            connection: Some(connection),
            provider_id: Some(provider_id.to_owned()),
            ..Detail::default()
        },
    };
    assert_eq!(world.database.record(&[(format!("07-{pin}"), event)]).await.unwrap().new, 1);
    pin
}

fn receipt(provider_id: &str, state: ReceiptState) -> Receipt {
    Receipt::new(provider_id, state)
}

/// Fisher and Yates, with a generator that tests can repeat.
fn shuffle<T>(items: &mut [T], seed: u64) {
    let mut state = seed;
    for index in (1..items.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        items.swap(index, usize::try_from(state >> 33).unwrap() % (index + 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_receipts_in_any_order_end_the_same() {
    let world = world().await;
    let tenant = world.tenant("one").await;
    let (connection, price) = (ConnectionId::random(), |micros| Some(Price { micros, currency: Currency::EUR }));
    let mut all = Vec::new();
    for message in 0..100 {
        let id = format!("M-{message:03}");
        for state in ReceiptState::ALL.into_iter().take(2 + message % 6) {
            let mut one = receipt(&id, state);
            one.reason = state.is_failure().then(|| format!("x_{}", message % 3));
            one.at_ms = Some(1_795_000_000_000 + u64::from(state.rank()) * 1_000);
            all.push(Receipt { price: price(u64::from(state.rank()) * 10), ..one.clone() });
            all.push(Receipt { reason: Some("a_second_reason".into()), ..one.clone() });
            all.push(one);
        }
    }
    let mut expected = None;
    let mut stored = 0;
    for seed in 1..=8 {
        world.read("TRUNCATE receipts");
        let mut given = [all.clone(), all.clone()].concat();
        shuffle(&mut given, seed);
        stored += given.len();
        for batch in given.chunks(97 + usize::try_from(seed).unwrap()) {
            world.database.tenant(tenant).receipts().store(connection, batch).await.unwrap();
        }
        let state = world.read(STATE);
        assert_eq!(state.lines().count(), 100);
        assert_eq!(*expected.get_or_insert_with(|| state.clone()), state, "seed {seed}");
    }
    assert!(stored >= 10_000, "{stored}");
    let state = expected.unwrap();
    assert!(state.contains("M-005|read|a_second_reason|") && state.contains("|60|EUR"), "{state}");
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_receipts_of_the_same_messages_neither_block_nor_contradict_each_other() {
    let world = world().await;
    let tenant = world.tenant("one").await;
    let connection = ConnectionId::random();
    let pin = sent(&world, tenant, connection, "M-1").await;
    let mut tasks = Vec::new();
    for nth in 0..24_u64 {
        let database = world.database.clone();
        tasks.push(world.tracker.spawn(async move {
            let states = [ReceiptState::Sent, ReceiptState::Undeliverable, ReceiptState::Delivered];
            let mut batch: Vec<_> =
                (0..20).map(|id| receipt(&format!("M-{id}"), states[usize::try_from(nth % 3).unwrap()])).collect();
            shuffle(&mut batch, nth + 1);
            database.tenant(tenant).receipts().store(connection, &batch).await
        }));
    }
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    world.database.tell_receipts(100).await.unwrap();
    assert_eq!(world.read("SELECT count(*) FROM receipts WHERE state = 'delivered'"), "20");
    let told = world.read(TOLD);
    assert!(told == "delivered" || told == "delivered,undelivered", "{told}");
    let state = world.database.tenant(tenant).receipts().delivery_state(pin, 1).await.unwrap();
    assert_eq!(state, Some(DeliveryState { status: DeliveryStatus::Sent, receipt: Some(ReceiptState::Delivered) }));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_end_is_told_once_and_late_receipts_change_the_delivery_alone() {
    let world = world().await;
    let (tenant, other) = (world.tenant("one").await, world.tenant("two").await);
    let connection = ConnectionId::random();
    let pin = sent(&world, tenant, connection, "M-1").await;
    let before = world.read("SELECT string_agg(v::text, '') FROM verifications v");
    let receipts = world.database.tenant(tenant).receipts();
    assert_eq!(receipts.delivery_state(pin, 1).await.unwrap().unwrap().receipt, None);
    assert_eq!(receipts.delivery_state(pin, 2).await.unwrap(), None);
    for state in [ReceiptState::Sent, ReceiptState::Unknown] {
        receipts.store(connection, &[receipt("M-1", state)]).await.unwrap();
    }
    assert_eq!(world.read(TOLD), "");
    // Somebody else's message of the same id, and an unknown one, are nobody's.
    world.database.tenant(other).receipts().store(connection, &[receipt("M-1", ReceiptState::Read)]).await.unwrap();
    receipts.store(connection, &[receipt("M-2", ReceiptState::Read)]).await.unwrap();
    receipts.store(ConnectionId::random(), &[receipt("M-1", ReceiptState::Read)]).await.unwrap();
    assert_eq!(world.database.tell_receipts(100).await.unwrap(), 0);
    assert_eq!(world.read(TOLD), "");
    for _ in 0..10 {
        receipts.store(connection, &[receipt("M-1", ReceiptState::Undeliverable)]).await.unwrap();
        receipts.store(connection, &[receipt("M-1", ReceiptState::Expired)]).await.unwrap();
    }
    assert_eq!(world.read(TOLD), "undelivered");
    for _ in 0..10 {
        receipts.store(connection, &[receipt("M-1", ReceiptState::Delivered)]).await.unwrap();
        receipts
            .store(connection, &[receipt("M-1", ReceiptState::Undeliverable), receipt("M-1", ReceiptState::Read)])
            .await
            .unwrap();
    }
    world.database.tell_receipts(100).await.unwrap();
    assert_eq!(world.read(TOLD), "delivered,undelivered");
    assert_eq!(receipts.delivery_state(pin, 1).await.unwrap().unwrap().receipt, Some(ReceiptState::Read));
    assert_eq!(world.database.tenant(other).receipts().delivery_state(pin, 1).await.unwrap(), None);
    assert_eq!(world.read("SELECT string_agg(v::text, '') FROM verifications v"), before);
    let story = world.database.tenant(tenant).verifications().story(pin).await.unwrap().unwrap();
    let kinds: Vec<_> = story.events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["sent", "undelivered", "delivered"]);
    assert_eq!(story.deliveries[0].receipt.as_ref().unwrap().state, ReceiptState::Read);
    assert_eq!(world.database.tenant(other).verifications().story(pin).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_end_of_a_message_is_one_webhook_and_a_bad_one_is_handed_out_until_it_is_followed() {
    let world = world().await;
    let (tenant, connection) = (world.tenant("one").await, ConnectionId::random());
    world.endpoint(tenant, vec!["pin.delivered", "pin.failed"]).await;
    let receipts = world.database.tenant(tenant).receipts();
    // Before its delivery is recorded nobody knows what to follow.
    receipts.store(connection, &[receipt("M-1", ReceiptState::Rejected)]).await.unwrap();
    assert_eq!(world.database.take_undelivered(10).await.unwrap(), []);
    let pin = sent(&world, tenant, connection, "M-1").await;
    world.read("UPDATE receipts SET due_at = now() WHERE due_at IS NOT NULL");
    world.database.tell_receipts(100).await.unwrap();
    for _ in 0..10 {
        receipts.store(connection, &[receipt("M-1", ReceiptState::Undeliverable)]).await.unwrap();
    }
    let taken = world.database.take_undelivered(10).await.unwrap();
    assert_eq!(taken.iter().map(|one| (one.tenant, one.pin, one.delivery)).collect::<Vec<_>>(), [(tenant, pin, 1)]);
    assert_eq!(world.database.take_undelivered(10).await.unwrap(), []);
    // Whoever took it ended.
    world.read("UPDATE receipts SET follow_at = now() WHERE follow_at IS NOT NULL");
    let again = world.database.take_undelivered(10).await.unwrap();
    assert_eq!(again, taken);
    receipts.followed(&again[0]).await.unwrap();
    for _ in 0..10 {
        receipts.store(connection, &[receipt("M-1", ReceiptState::Rejected)]).await.unwrap();
        receipts.store(connection, &[receipt("M-1", ReceiptState::Delivered)]).await.unwrap();
        receipts.store(connection, &[receipt("M-1", ReceiptState::Read)]).await.unwrap();
    }
    world.read("UPDATE receipts SET follow_at = now() WHERE follow_at IS NOT NULL");
    assert_eq!(world.database.take_undelivered(10).await.unwrap(), []);
    let told = "SELECT string_agg(type || ' ' || (data->>'status'), ', ' ORDER BY happened_at) FROM webhook_messages";
    assert_eq!(world.read(told), "pin.failed undelivered, pin.delivered delivered");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_that_comes_before_its_delivery_is_recorded_is_not_lost() {
    let world = world().await;
    let tenant = world.tenant("one").await;
    let connection = ConnectionId::random();
    let receipts = world.database.tenant(tenant).receipts();
    receipts.store(connection, &[receipt("M-1", ReceiptState::Delivered)]).await.unwrap();
    let pin = sent(&world, tenant, connection, "M-1").await;
    assert_eq!(receipts.delivery_state(pin, 1).await.unwrap().unwrap().receipt, Some(ReceiptState::Delivered));
    assert_eq!(world.read(TOLD), "");
    // It was looked for already; the next look is due a second later.
    world.read("UPDATE receipts SET due_at = now() WHERE due_at IS NOT NULL");
    assert_eq!(world.database.tell_receipts(100).await.unwrap(), 1);
    assert_eq!(world.database.tell_receipts(100).await.unwrap(), 0);
    assert_eq!(world.read(TOLD), "delivered");
    // The message left again under another id, and arrived once.
    world.read("UPDATE deliveries SET provider_id = 'M-1b'");
    receipts.store(connection, &[receipt("M-1b", ReceiptState::Delivered)]).await.unwrap();
    world.database.tell_receipts(100).await.unwrap();
    assert_eq!(world.read(TOLD), "delivered");
    // Nobody looks for ever.
    receipts.store(connection, &[receipt("M-9", ReceiptState::Delivered)]).await.unwrap();
    world.read("UPDATE receipts SET due_at = now(), received_at = now() - interval '25 hours' WHERE provider_id = 'M-9'");
    assert_eq!(world.database.tell_receipts(100).await.unwrap(), 0);
    assert_eq!(world.read("SELECT count(*) FROM receipts WHERE due_at IS NOT NULL"), "0");
    world.read("UPDATE receipts SET received_at = now() - interval '91 days' WHERE provider_id = 'M-9'");
    assert_eq!(world.database.prune_receipts(now_ms(&world), 90, 10).await.unwrap(), 1);
    assert_eq!(world.read("SELECT string_agg(provider_id, ',' ORDER BY provider_id) FROM receipts"), "M-1,M-1b");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tables_rank_states_as_the_rules_do() {
    let world = world().await;
    for state in ReceiptState::ALL {
        let rank = world.read(&format!("SELECT receipt_rank('{}')", state.name()));
        assert_eq!(rank, (state.rank() + 1).to_string());
        let outcome = world.read(&format!("SELECT receipt_outcome('{}')", state.name()));
        let expected = match state {
            ReceiptState::Delivered | ReceiptState::Read => "delivered",
            state if state.is_failure() => "undelivered",
            _ => "",
        };
        assert_eq!(outcome, expected);
    }
    assert_eq!(world.read("SELECT receipt_rank('lost') IS NULL"), "t");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_provider_writes_is_kept_as_far_as_it_can_be() {
    let world = world().await;
    let tenant = world.tenant("one").await;
    let (connection, long) = (ConnectionId::random(), "x".repeat(400));
    let odd = Receipt {
        reason: Some(format!("a\0{long}")),
        at_ms: Some(u64::MAX),
        price: Some(Price { micros: u64::MAX, currency: Currency::EUR }),
        ..receipt(&format!("\0{long}"), ReceiptState::Delivered)
    };
    let receipts = world.database.tenant(tenant).receipts();
    receipts
        .store(connection, &[odd.clone(), receipt("", ReceiptState::Read), receipt("\0", ReceiptState::Read), odd])
        .await
        .unwrap();
    let kept = "SELECT char_length(provider_id), char_length(reason), price_micros IS NULL, count(*) OVER () FROM receipts";
    assert_eq!(world.read(kept), "255|255|t|1");
}

#[tokio::test(flavor = "multi_thread")]
async fn open_messages_are_asked_for_by_one_and_less_and_less_often() {
    let world = world().await;
    let tenant = world.tenant("one").await;
    let connection = ConnectionId::random();
    world.read(&format!(
        "INSERT INTO connections (tenant_id, id, name, kind, is_enabled, sealed) VALUES ('{}', '{}', 'x', 'iprog', true, '')",
        uuid::Uuid::from(tenant),
        uuid::Uuid::from(connection)
    ));
    for id in ["M-1", "M-2", "M-3"] {
        sent(&world, tenant, connection, id).await;
    }
    sent(&world, tenant, ConnectionId::random(), "M-4").await;
    // A vendor that repeats an id holds nobody up.
    sent(&world, tenant, connection, "M-1").await;
    let receipts = world.database.tenant(tenant).receipts();
    receipts.store(connection, &[receipt("M-3", ReceiptState::Delivered)]).await.unwrap();
    let ids = |polls: Vec<Poll>| {
        let mut ids: Vec<String> = polls.into_iter().map(|poll| poll.provider_id).collect();
        ids.sort();
        ids
    };
    let (one, two) = tokio::join!(world.database.take_polls(&["iprog"], 10), world.database.take_polls(&["iprog"], 10));
    assert_eq!(ids([one.unwrap(), two.unwrap()].concat()), ["M-1", "M-2"]);
    assert_eq!(world.database.take_polls(&["iprog"], 10).await.unwrap(), []);
    receipts.store(connection, &[receipt("M-1", ReceiptState::Sent), receipt("M-2", ReceiptState::Delivered)]).await.unwrap();
    let mut waits = Vec::new();
    for _ in 0..8 {
        world.read("UPDATE receipts SET ask_at = now() WHERE ask_at IS NOT NULL");
        assert_eq!(ids(world.database.take_polls(&["iprog"], 10).await.unwrap()), ["M-1"]);
        waits.push(world.read("SELECT round(extract(epoch FROM ask_at - now()) / 10) FROM receipts WHERE provider_id = 'M-1'"));
    }
    assert_eq!(waits, ["2", "4", "8", "16", "32", "60", "60", "60"]);
    world.read("UPDATE receipts SET ask_at = now(); UPDATE deliveries SET sent_at = now() - interval '61 minutes'");
    assert_eq!(world.database.take_polls(&["iprog"], 10).await.unwrap(), []);
    assert_eq!(world.database.take_polls(&["twilio"], 10).await.unwrap(), []);
}

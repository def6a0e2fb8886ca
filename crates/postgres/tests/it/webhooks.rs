//! The outbox: an event and its webhooks are recorded together, messages are handed out once, and PINs that die are
//! noticed once.

use std::collections::BTreeSet;
use std::time::Duration;

use pinfold_core::channel::Channel;
use pinfold_core::event::{Detail, Event, Kind};
use pinfold_core::id::{MessageId, PinId, TenantId, WebhookEndpointId};
use pinfold_core::webhook::WebhookType;
use pinfold_postgres::{SettledWebhook, TakenWebhook, WebhookLease, WebhookShares};
use pinfold_testkit::Role;

use crate::world::{World, world};

const SHARES: WebhookShares = WebhookShares { per_tenant: 32, per_endpoint: 8 };
const LEASE: Duration = Duration::from_secs(30);
const CREATED_MS: u64 = 1_763_720_000_000;

fn event(tenant: TenantId, pin: PinId, kind: Kind, at_ms: u64, created_ms: u64) -> (String, Event) {
    let event = Event {
        kind,
        channel: Channel::Sms,
        at_ms,
        created_ms,
        expires_ms: created_ms + 300_000,
        tenant,
        pin,
        message: MessageId::from_bytes([4; 16]),
        subject: [3; 12],
        detail: Detail::default(),
    };
    (format!("00-{}-{pin}-{at_ms}", kind.name()), event)
}

async fn take(world: &World, holder: WebhookLease, most: usize) -> Vec<TakenWebhook> {
    world.database.take_webhooks(holder, most, SHARES, LEASE).await.unwrap()
}

fn settled(taken: &TakenWebhook, outcome: &str, next_ms: Option<u64>) -> SettledWebhook {
    SettledWebhook {
        endpoint: taken.endpoint(),
        id: taken.id(),
        ended_ms: CREATED_MS,
        outcome: outcome.to_owned(),
        status_code: None,
        duration: Duration::from_millis(1),
        next_ms,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_types_of_the_table_and_of_the_rules_are_the_same() {
    let world = world().await;
    let kinds = ["sent", "delivered", "failed", "verified", "exhausted", "expired", "canceled", "locked", "alert", "undelivered"];
    let of = |kind: &str| world.read(&format!("SELECT webhook_type('{kind}')"));
    let mapped: BTreeSet<String> = kinds.iter().map(|kind| of(kind)).collect();
    // Those that are queued by what they tell of: endpoints, and decisions of the fraud guard.
    let elsewhere =
        [WebhookType::WebhookExhausted, WebhookType::EndpointDisabled, WebhookType::FraudRecorded, WebhookType::FraudBlocked];
    let known = WebhookType::ALL.iter().filter(|known| !elsewhere.contains(known)).map(|known| known.name().to_owned());
    assert_eq!(mapped, known.collect());
    for untold in [Kind::Retried, Kind::Skipped, Kind::Wrong] {
        assert_eq!(of(untold.name()), "", "{untold:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_queued_once_for_whoever_wants_its_type() {
    let world = world().await;
    let (one, two) = (world.tenant("one").await, world.tenant("two").await);
    let both = world.endpoint(one, vec!["pin.sent", "pin.verified"]).await;
    let verified = world.endpoint(one, vec!["pin.verified"]).await;
    world.endpoint(two, vec!["pin.canceled"]).await;
    let (pin, other) = (PinId::random(), PinId::random());
    let batch = [
        event(one, pin, Kind::Sent, CREATED_MS + 1, CREATED_MS),
        event(one, pin, Kind::Wrong, CREATED_MS + 2, CREATED_MS),
        event(one, pin, Kind::Verified, CREATED_MS + 3, CREATED_MS),
        event(two, other, Kind::Verified, CREATED_MS + 3, CREATED_MS),
    ];
    for _ in 0..2 {
        world.database.record(&batch).await.unwrap();
    }
    let queued =
        world.read("SELECT endpoint_id, string_agg(type, ',' ORDER BY type) FROM webhook_messages GROUP BY 1 ORDER BY 2 DESC");
    let name = |id: WebhookEndpointId| uuid::Uuid::from(id).to_string();
    assert_eq!(queued, format!("{}|pin.verified\n{}|pin.sent,pin.verified", name(verified), name(both)));
    // What is taken knows its template, which the event did not.
    let holder = WebhookLease::random();
    let taken = take(&world, holder, 10).await;
    assert_eq!(taken.len(), 3);
    assert!(taken.iter().all(|one| one.data["messageId"] == "04".repeat(16) && one.data["pinId"] == pin.to_string()));
    // A batch that fails leaves no messages behind.
    world.read("ALTER TABLE verifications ADD CONSTRAINT no_more CHECK (false) NOT VALID");
    assert!(world.database.record(&[event(one, PinId::random(), Kind::Sent, CREATED_MS, CREATED_MS)]).await.is_err());
    assert_eq!(world.read("SELECT count(*) FROM webhook_messages"), "3");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_holds_a_message_settles_it_and_nobody_else() {
    let world = world().await;
    let (tenant, stranger) = (world.tenant("one").await, world.tenant("two").await);
    let id = world.endpoint(tenant, vec!["pin.sent"]).await;
    let batch: Vec<_> = (0..20).map(|nth| event(tenant, PinId::random(), Kind::Sent, CREATED_MS + nth, CREATED_MS)).collect();
    world.database.record(&batch).await.unwrap();
    let (first, second) = (WebhookLease::random(), WebhookLease::random());
    let taken = take(&world, first, 100).await;
    assert_eq!(taken.len(), 8, "as many as an endpoint may have in hand");
    assert_eq!(take(&world, second, 100).await.len(), 0, "over all who ask");
    let settle = async |whose, holder, settled: &[SettledWebhook]| {
        world.database.settle_webhooks(whose, holder, settled, Duration::from_secs(60)).await.unwrap();
        world.read("SELECT count(*) FILTER (WHERE status = 'delivered'), count(*) FILTER (WHERE lease IS NOT NULL) FROM webhook_messages")
    };
    let delivered: Vec<_> = taken.iter().map(|one| settled(one, "delivered", None)).collect();
    assert_eq!(settle(tenant, second, &delivered).await, "0|8");
    assert_eq!(settle(stranger, first, &delivered).await, "0|8");
    assert_eq!(settle(tenant, first, &delivered[..3]).await, "3|5");
    assert_eq!(take(&world, second, 100).await.len(), 3);
    // A lease that is over is anybody's.
    world.read("UPDATE webhook_messages SET due_at = now() - interval '1 hour' WHERE lease IS NOT NULL");
    assert_eq!(take(&world, second, 100).await.len(), 8);
    assert_eq!(settle(tenant, first, &delivered).await, "3|8");
    // One that fails is asked one at a time.
    let failing: Vec<_> = delivered[3..4]
        .iter()
        .map(|one| SettledWebhook { outcome: "http_500".into(), next_ms: Some(CREATED_MS), ..one.clone() })
        .collect();
    settle(tenant, second, &failing).await;
    world.read("UPDATE webhook_messages SET lease = NULL, due_at = now() WHERE status = 'waiting'");
    assert_eq!(take(&world, first, 100).await.len(), 1);
    let found = world.database.tenant(tenant).webhook_endpoints().get(id).await.unwrap().unwrap();
    assert_eq!((found.failing_since_ms, found.disabled), (Some(CREATED_MS), None));
    // The service itself sees nobody's without being somebody.
    assert_eq!(world.sql.query(Role::Service, "SELECT count(*) FROM webhook_messages").as_deref(), Ok("0"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ended_long_ago_is_forgotten_and_what_waits_is_not() {
    let world = world().await;
    let tenant = world.tenant("one").await;
    world.endpoint(tenant, vec!["pin.sent"]).await;
    let batch: Vec<_> = (0..9).map(|nth| event(tenant, PinId::random(), Kind::Sent, CREATED_MS + nth, CREATED_MS)).collect();
    world.database.record(&batch).await.unwrap();
    world.read("UPDATE webhook_messages SET created_at = '2026-01-01'");
    world.read("UPDATE webhook_messages SET status = 'failed', finished_at = '2026-01-02' WHERE id IN (SELECT id FROM webhook_messages LIMIT 6)");
    let february = 1_769_904_000_000;
    assert_eq!(world.database.prune_webhooks(february, 4).await.unwrap(), 4);
    assert_eq!(world.database.prune_webhooks(february, 4).await.unwrap(), 2);
    assert_eq!(world.database.prune_webhooks(february, 4).await.unwrap(), 0);
    assert_eq!(world.read("SELECT count(*), min(status) FROM webhook_messages"), "3|waiting");
    let depth = world.database.webhook_depth().await.unwrap();
    assert_eq!((depth.waiting, depth.dropped), (3, 0));
    assert!(depth.overdue_seconds >= 0.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pin_expires_once_unless_something_else_ended_it() {
    let world = world().await;
    let tenant = world.tenant("one").await;
    let pins: Vec<PinId> = (0..6).map(|_| PinId::random()).collect();
    let ends = [Kind::Sent, Kind::Failed, Kind::Verified, Kind::Exhausted, Kind::Canceled, Kind::Skipped];
    let batch: Vec<_> = pins.iter().zip(ends).map(|(pin, kind)| event(tenant, *pin, kind, CREATED_MS + 1, CREATED_MS)).collect();
    world.database.record(&batch).await.unwrap();
    let expires_ms = CREATED_MS + 300_000;
    assert_eq!(world.database.lapsed(expires_ms, 100).await.unwrap(), [], "not before its end");
    let expired = async || {
        let lapsed = world.database.lapsed(expires_ms + 1, 100).await.unwrap();
        let count = lapsed.len();
        world.database.record_lapsed(lapsed).await.unwrap();
        count
    };
    let (one, two) = tokio::join!(expired(), expired());
    assert!(one.max(two) == 3 && expired().await == 0, "{one} {two}");
    let recorded = world.read("SELECT pin_id FROM events WHERE kind = 'expired'");
    let expected: BTreeSet<String> = [0, 1, 5].map(|nth: usize| uuid::Uuid::from(pins[nth]).to_string()).into();
    assert_eq!(recorded.lines().map(str::to_owned).collect::<BTreeSet<_>>(), expected);
    assert_eq!(recorded.lines().count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_listens_recording_costs_one_look() {
    let world = world().await;
    let tenant = world.tenant("one").await;
    world.database.record(&[event(tenant, PinId::random(), Kind::Sent, CREATED_MS, CREATED_MS)]).await.unwrap();
    let id = uuid::Uuid::from(tenant);
    let rows = |from: u32| {
        format!(
            "INSERT INTO events (tenant_id, id, happened_at, pin_id, kind, channel) SELECT '{id}', 'x-' || nth, \
             to_timestamp({}), gen_random_uuid(), 'sent', 'sms' FROM generate_series({from}, {from} + 499) AS nth",
            CREATED_MS / 1_000
        )
    };
    // The first statement of a connection compiles the function; the pool's connections have done that.
    let insert = format!("BEGIN; {}; EXPLAIN (ANALYZE, COSTS OFF) {}; ROLLBACK", rows(0), rows(1_000));
    let spent = |explained: String| -> (f64, f64) {
        let after = |name: &str| {
            let line = explained.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}: {explained}"));
            let number = line.rsplit_once("ime=").or(line.rsplit_once("ime: ")).unwrap().1;
            number.split(' ').next().unwrap().parse().unwrap()
        };
        (after("Trigger queue_webhooks"), after("Execution Time"))
    };
    let median = |times: usize| {
        let mut all: Vec<(f64, f64)> = (0..times).map(|_| spent(world.read(&insert))).collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        all[times / 2]
    };
    let (nobody, whole) = median(9);
    assert!(nobody < whole / 4.0, "{nobody} of {whole} ms");
}

//! What is sent is summed up as it is recorded, and who comes near a cap is told once.

use pinfold_core::caps::{Caps, day_of, first_day_of, month_of};
use pinfold_core::channel::Channel;
use pinfold_core::event::{Detail, Event, Facts, Kind};
use pinfold_core::id::{ApplicationId, MessageId, PinId, TenantId};
use pinfold_core::price::{Currency, Price};
use pinfold_postgres::{EventId, UsageRow, built_in_id};

use crate::world::{World, world};

const ALERTS: &str = "SELECT string_agg(concat_ws(' ', data->>'alert', data->>'counted', data->>'percent', data->>'cap', \
    data->>'used', data->>'currency', (data ? 'applicationId')::text), E'\\n' ORDER BY happened_at, type, data::text) \
    FROM webhook_messages WHERE type = 'alert.raised'";

fn now_ms(world: &World) -> u64 {
    world.read("SELECT (extract(epoch FROM now()) * 1000)::bigint").parse().unwrap()
}

/// What became of one message.
fn ended(
    world: &World,
    tenant: TenantId,
    message: MessageId,
    kind: Kind,
    facts: Facts,
    reason: Option<&str>,
) -> (EventId, Event) {
    let (pin, now_ms) = (PinId::random(), now_ms(world));
    let detail = Detail {
        delivery: Some(1),
        attempt: Some(1),
        reason: reason.map(str::to_owned),
        facts: Some(Box::new(facts)),
        ..Detail::default()
    };
    let event = Event {
        kind,
        channel: Channel::Sms,
        at_ms: now_ms,
        created_ms: now_ms - 1_000,
        expires_ms: now_ms + 300_000,
        tenant,
        pin,
        message,
        subject: [3; 12],
        detail,
    };
    (format!("07-{pin}-{}", kind.name()), event)
}

fn price(micros: u64, currency: &str) -> Facts {
    Facts { price_micros: Some(micros), currency: Some(currency.parse().unwrap()), ..Facts::default() }
}

fn euros(micros: u64) -> Option<Price> {
    Some(Price { micros, currency: Currency::EUR })
}

async fn usage(world: &World, tenant: TenantId) -> Vec<(Option<ApplicationId>, u64, Option<Price>)> {
    let month = month_of(day_of(now_ms(world)));
    let (from, to) = (first_day_of(month), first_day_of(month + 1) - 1);
    let rows = world.database.tenant(tenant).caps().usage(from, to).await.unwrap();
    rows.into_iter().map(|UsageRow { application, messages, cost, .. }| (application, messages, cost)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_and_money_are_summed_up_once_by_day_and_application() {
    let world = world().await;
    let (tenant, application, _) = world.customer("one").await;
    let built_in = built_in_id(application);
    let of = |kind, facts, reason| ended(&world, tenant, built_in, kind, facts, reason);
    let sandbox = Facts { is_sandbox: true, ..price(1_000_000, "EUR") };
    let events = vec![
        of(Kind::Sent, price(7_500, "EUR"), None),
        of(Kind::Sent, price(9_000, "USD"), None),
        of(Kind::Sent, Facts::default(), None),
        // It may have been taken, and another attempt follows.
        of(Kind::Retried, price(7_500, "EUR"), Some("timeout")),
        of(Kind::Failed, Facts::default(), Some("http_400")),
        of(Kind::Skipped, Facts::default(), Some("expired")),
        of(Kind::Skipped, Facts::default(), Some("line_takes_no_messages")),
        of(Kind::Verified, Facts::default(), None),
        of(Kind::Sent, sandbox, None),
        ended(&world, tenant, MessageId::random(), Kind::Sent, price(1, "EUR"), None),
    ];
    for _ in 0..3 {
        world.database.record(&events).await.unwrap();
    }
    for event in &events {
        world.database.record(std::slice::from_ref(event)).await.unwrap();
    }
    let usd = Some(Price { micros: 9_000, currency: "USD".parse().unwrap() });
    let expected = [
        (None, 1, None),
        (None, 0, euros(1)),
        (Some(application), 5, None),
        (Some(application), 0, euros(15_000)),
        (Some(application), 0, usd),
    ];
    assert_eq!(usage(&world, tenant).await, expected);
    let stranger = world.tenant("two").await;
    assert_eq!(usage(&world, stranger).await, []);
    // It is forgotten after its time, and not before.
    assert_eq!(world.database.prune_usage(now_ms(&world), 400).await.unwrap(), 0);
    assert_eq!(world.database.prune_usage(now_ms(&world) + 401 * 86_400_000, 400).await.unwrap(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_level_of_a_cap_is_told_once_and_published_at_once() {
    let world = world().await;
    let (tenant, application, _) = world.customer("one").await;
    let (other, scope) = (world.tenant("two").await, world.database.tenant(tenant).caps());
    world.endpoint(tenant, vec!["alert.raised"]).await;
    world.endpoint(other, vec!["alert.raised"]).await;
    let snapshots = world.snapshots();
    let caps = Caps { daily_messages: Some(10), ..Caps::default() };
    scope.set(Some(application), caps).await.unwrap();
    scope.set(None, Caps { monthly_money: euros(1_000), ..Caps::default() }).await.unwrap();
    assert_eq!((scope.get(Some(application)).await.unwrap(), scope.get(None).await.unwrap().monthly_money), (caps, euros(1_000)));
    let send = async |count: usize, micros| {
        let one = || ended(&world, tenant, built_in_id(application), Kind::Sent, price(micros, "EUR"), None);
        let events: Vec<_> = (0..count).map(|_| one()).collect();
        world.database.record(&events).await.unwrap();
    };
    let version = || world.read("SELECT sum(version) FROM config_versions");
    let before = version();
    send(7, 10).await;
    assert_eq!((world.read(ALERTS).as_str(), version()), ("", before.clone()), "nothing is published without need");
    send(1, 10).await;
    assert_eq!(world.read(ALERTS), "daily_cap messages 80 10 8 true");
    send(1, 10).await;
    send(1, 910).await;
    send(5, 0).await;
    let expected = "daily_cap messages 80 10 8 true\ndaily_cap messages 100 10 10 true\n\
        monthly_cap money 100 1000 1000 EUR false\nmonthly_cap money 80 1000 1000 EUR false";
    assert_eq!(world.read(ALERTS), expected);
    assert_ne!(version(), before);
    // Who reads the configuration now knows what is spent.
    let snapshot = snapshots.tenant(tenant).await.unwrap().unwrap();
    let budget = snapshot.budget(application, false);
    let (own, applications) = (budget.tenant.unwrap(), budget.application.unwrap());
    assert_eq!((own.is_spent(), own.recorded.month_micros, own.recorded.day_messages), ((false, true), 1_000, 15));
    assert_eq!((applications.is_spent(), applications.recorded.day_messages), ((false, false), 15));
    assert_eq!(applications.recorded.day, day_of(now_ms(&world)));
    assert_eq!(snapshot.budget(application, true), pinfold_core::caps::Budget::default(), "sandbox keys cost nothing");
    // Another cap is another matter; one that is set when it is used up is told of too, and none leaves no row.
    scope.set(Some(application), Caps { daily_messages: Some(15), ..Caps::default() }).await.unwrap();
    assert!(world.read(ALERTS).ends_with("daily_cap messages 100 15 15 true\ndaily_cap messages 80 15 15 true"));
    scope.set(Some(application), Caps::default()).await.unwrap();
    scope.set(None, Caps::default()).await.unwrap();
    assert_eq!(world.read("SELECT count(*) FROM caps"), "0");
    let refused = scope.set(Some(ApplicationId::random()), caps).await.unwrap_err();
    assert!(refused.is_refused(), "{refused}");
    assert_eq!(world.read("SELECT count(DISTINCT tenant_id) FROM webhook_messages"), "1");
}

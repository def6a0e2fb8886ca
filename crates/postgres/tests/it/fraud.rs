//! The fraud guard's decisions are recorded once and told; alerts are raised once in an episode and can be muted.

use pinfold_core::channel::Channel;
use pinfold_core::event::{Detail, Event, FraudDetail, Kind};
use pinfold_core::fraud::{Entry, Finding, Matcher, Rule, Rules, Side};
use pinfold_core::id::{FraudEntryId, MessageId, PinId, TenantId};
use pinfold_postgres::{AlertFilter, DecisionFilter, FraudEntry};
use serde_json::json;

use crate::world::{World, world};

fn decision(tenant: TenantId, message: MessageId, is_blocked: bool) -> Event {
    let finding = Finding {
        sends: Some(50),
        verified: Some(3),
        threshold: Some(50),
        percent: Some(20),
        ..Finding::written(Rule::Conversion, "country CH")
    };
    let detail = FraudDetail { finding, number: "4179…".to_owned(), region: "CH".parse().ok(), sends: 7 };
    Event {
        kind: if is_blocked { Kind::FraudBlocked } else { Kind::FraudRecorded },
        channel: Channel::Sms,
        at_ms: 1_763_720_000_500,
        created_ms: 1_763_720_000_500,
        expires_ms: 1_763_720_000_500,
        tenant,
        pin: PinId::random(),
        message,
        subject: [3; 12],
        detail: Detail { fraud: Some(Box::new(detail)), ..Detail::default() },
    }
}

fn entry(side: Side, prefix: &str) -> FraudEntry {
    let entry = Entry { side, matcher: Matcher::Prefix(prefix.parse().unwrap()) };
    FraudEntry { id: FraudEntryId::random(), entry, shown: prefix.to_owned(), note: None, created_ms: 0 }
}

/// Something in every table of the guard and of alerts.
pub async fn something(world: &World, tenant: TenantId, message: MessageId) {
    let scope = world.database.tenant(tenant);
    scope.fraud().set_rules(&Rules::default()).await.unwrap();
    scope.fraud().add(entry(Side::Allow, "4179"), 10).await.unwrap().unwrap();
    world.database.record(&[(format!("00-fraud-{tenant}"), decision(tenant, message, false))]).await.unwrap();
    scope.alerts().set_mutes(vec![("lockouts".to_owned(), 4_102_444_800_000)]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_recorded_once_with_its_figures() {
    let world = world().await;
    let (tenant, other) = (world.tenant("one").await, world.tenant("two").await);
    let events = [
        ("00-1-0".to_owned(), decision(tenant, MessageId::random(), true)),
        ("00-2-0".to_owned(), decision(tenant, MessageId::random(), false)),
        ("00-3-0".to_owned(), decision(TenantId::random(), MessageId::random(), true)),
    ];
    assert_eq!(world.database.record(&events).await.unwrap().new, 2);
    assert_eq!(world.database.record(&events).await.unwrap().new, 0);
    let scope = world.database.tenant(tenant).fraud();
    let filter = DecisionFilter { size: 10, ..Default::default() };
    let all = scope.decisions(filter.clone()).await.unwrap();
    assert_eq!(all.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["00-2-0", "00-1-0"]);
    assert_eq!((all[1].is_blocked, all[1].pin, all[1].sends), (true, None, 7));
    assert_eq!((all[0].is_blocked, all[0].pin), (false, Some(events[1].1.pin)));
    assert_eq!((all[0].finding.sends, all[0].finding.threshold, all[0].region.as_deref()), (Some(50), Some(50), Some("CH")));
    let blocked = DecisionFilter { is_blocked: Some(true), rule: Some(Rule::Conversion), ..filter.clone() };
    assert_eq!(scope.decisions(blocked).await.unwrap().len(), 1);
    let behind = DecisionFilter { after: Some((all[0].at_ms, all[0].id.clone())), ..filter.clone() };
    assert_eq!(scope.decisions(behind).await.unwrap(), all[1..]);
    assert!(world.database.tenant(other).fraud().decisions(filter).await.unwrap().is_empty());
    let alerts = world.database.tenant(tenant).alerts().list(AlertFilter { size: 10, ..Default::default() }).await.unwrap();
    let kinds: Vec<_> = alerts.iter().map(|alert| alert.kind.as_str()).collect();
    assert_eq!((kinds.len(), kinds.contains(&"fraud_blocked"), kinds.contains(&"fraud_recorded")), (2, true, true));
    assert_eq!(world.database.prune_decisions(1_763_720_000_500 + 91 * 86_400_000, 90).await.unwrap(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_is_one_episode_and_a_muted_kind_is_listed_only() {
    let world = world().await;
    let tenant = world.tenant("one").await;
    let raise = |about: &'static str, failures: u32, quiet| {
        world.database.raise_alert(tenant, "number_failures", about, None, json!({ "failures": failures }), quiet)
    };
    assert!(raise("…6727", 10, 1_800).await.unwrap());
    assert!(!raise("…6727", 12, 1_800).await.unwrap(), "the same episode");
    assert!(raise("…6728", 10, 1_800).await.unwrap());
    assert!(raise("…6727", 10, 0).await.unwrap(), "it was quiet in between");
    let alerts = world.database.tenant(tenant).alerts();
    let list = async || alerts.list(AlertFilter { size: 10, ..Default::default() }).await.unwrap();
    let all = list().await;
    assert_eq!((all.len(), all[2].times, &all[2].figures), (3, 2, &json!({ "failures": 12 })));
    let page = AlertFilter { after: Some((all[0].raised_ms, all[0].id)), size: 1, ..Default::default() };
    assert_eq!(alerts.list(page).await.unwrap(), all[1..2]);
    let seen = alerts.acknowledge(all[0].id, "key one".to_owned()).await.unwrap().unwrap();
    assert_eq!(seen.acknowledged.map(|(_, by)| by).as_deref(), Some("key one"));
    let again = alerts.acknowledge(all[0].id, "key two".to_owned()).await.unwrap().unwrap();
    assert_eq!(again.acknowledged.map(|(_, by)| by).as_deref(), Some("key one"), "who saw it first stays");
    let open = AlertFilter { is_acknowledged: Some(false), size: 10, ..Default::default() };
    assert_eq!(alerts.list(open).await.unwrap().len(), 2);
    alerts.set_mutes(vec![("number_failures".to_owned(), 4_102_444_800_000)]).await.unwrap();
    assert!(!raise("…6729", 10, 1_800).await.unwrap(), "nobody is told");
    assert!(list().await[0].is_muted);
    assert_eq!(alerts.mutes().await.unwrap().len(), 1);
    assert!(!world.database.raise_alert(TenantId::random(), "lockouts", "tenant", None, json!({}), 1).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_that_look_alike_masked_have_an_episode_each() {
    let world = world().await;
    let tenant = world.tenant("one").await;
    let raise = async |number: u8| {
        let (figures, number) = (json!({ "failures": 10 }), [number; 12]);
        world.database.raise_alert(tenant, "number_failures", "…6727", Some(&number), figures, 1_800).await.unwrap()
    };
    assert!(raise(1).await && raise(2).await);
    assert!(!raise(1).await && !raise(2).await, "the same episodes");
    let all = world.database.tenant(tenant).alerts().list(AlertFilter { size: 10, ..Default::default() }).await.unwrap();
    assert_eq!(all.iter().map(|alert| (alert.about.as_str(), alert.times)).collect::<Vec<_>>(), [("…6727", 2), ("…6727", 2)]);
    // A digest is kept for its episode, and no longer than its recipient.
    let kept = || world.read("SELECT string_agg(left(subject, 4), ',' ORDER BY subject) FROM alerts");
    assert_eq!(kept(), "0101,0202");
    world.database.tenant(tenant).privacy().redact(vec![[1; 12]]).await.unwrap();
    assert_eq!(kept(), "0202");
    world.read("UPDATE alerts SET last_at = now() - interval '2 days'");
    world.database.prune_decisions(1_763_720_000_500, 90).await.unwrap();
    assert_eq!(kept(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_and_lists_come_into_the_snapshot() {
    let world = world().await;
    let tenant = world.tenant("one").await;
    let (scope, snapshots) = (world.database.tenant(tenant), world.snapshots());
    assert_eq!(snapshots.tenant(tenant).await.unwrap().unwrap().fraud_rules, None);
    let rules: Rules = serde_json::from_str(r#"{"mode":"block","conversion":{"sends":70}}"#).unwrap();
    scope.fraud().set_rules(&rules).await.unwrap();
    let one = entry(Side::Block, "4179");
    scope.fraud().add(one.clone(), 2).await.unwrap().unwrap();
    assert_eq!(scope.fraud().add(entry(Side::Block, "4179"), 2).await.unwrap(), None, "it is there");
    scope.fraud().add(entry(Side::Allow, "4179"), 2).await.unwrap().unwrap();
    assert_eq!(scope.fraud().add(entry(Side::Allow, "4178"), 2).await.unwrap(), None, "the lists are full");
    let read = world.snapshots().tenant(tenant).await.unwrap().unwrap();
    assert_eq!(read.fraud_rules.as_ref(), Some(&rules));
    assert!(!read.fraud_lists.is_empty());
    assert_eq!(scope.fraud().rules().await.unwrap(), Some(rules));
    assert_eq!(scope.fraud().entries().await.unwrap().len(), 2);
    scope.fraud().remove(one.id).await.unwrap().unwrap();
    assert_eq!(scope.fraud().remove(one.id).await.unwrap(), None);
}

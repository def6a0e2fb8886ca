//! Owners and admins are told of an alert by mail: each once, whoever takes it, and never more than they can read.

use std::collections::BTreeMap;
use std::sync::Arc;

use pinfold_core::access::Role;
use pinfold_core::email::Email;
use pinfold_core::id::TenantId;
use pinfold_postgres::{AlertToMail, Error};
use serde_json::json;
use zeroize::Zeroizing;

use crate::world::{World, world};

const HOUR: u32 = 3_600;

async fn member(world: &World, tenant: TenantId, email: &str, role: Role) {
    let people = world.database.people();
    let email = Email::parse(email).unwrap();
    let person = match people.create(&email, "A Person", "$argon2id$x").await.unwrap() {
        Some(person) => person,
        None => people.find(&email).await.unwrap().unwrap(),
    };
    world.database.tenant(tenant).members().add(person.id, role).await.unwrap();
}

/// A tenant with one member of each role.
async fn staffed(world: &World, slug: &str) -> TenantId {
    let tenant = world.tenant(slug).await;
    for (email, role) in [
        ("owner", Role::Owner),
        ("admin", Role::Admin),
        ("developer", Role::Developer),
        ("analyst", Role::Analyst),
        ("viewer", Role::Viewer),
    ] {
        member(world, tenant, &format!("{email}@{slug}.example"), role).await;
    }
    tenant
}

async fn raise(world: &World, tenant: TenantId, kind: &str, about: &str) {
    world.database.raise_alert(tenant, kind, about, None, json!({ "failures": 10 }), HOUR).await.unwrap();
}

fn line(alert: &AlertToMail, to: &str) -> String {
    let what = if alert.is_more { "more" } else { &alert.about };
    format!("{to} {} {} {what}", alert.tenant_name, alert.kind)
}

async fn tell(world: &World, most: i32) -> Result<usize, Error> {
    let mails = world.database.people().mails();
    let write = |alert: &AlertToMail, to: &pinfold_postgres::Addressee| Zeroizing::new(line(alert, &to.email).into_bytes());
    mails.tell_alerts(most, 20, Arc::clone(&world.master), write).await
}

/// What waits in the outbox, and how often.
async fn outbox(world: &World) -> BTreeMap<String, u32> {
    let mut lines = BTreeMap::new();
    for mail in world.database.people().mails().take(1_000, &world.master).await.unwrap() {
        let content = mail.content.expect("it opens");
        *lines.entry(String::from_utf8(content.to_vec()).unwrap()).or_default() += 1;
        world.database.people().mails().done(mail.id).await.unwrap();
    }
    lines
}

fn once(lines: &[&str]) -> BTreeMap<String, u32> {
    lines.iter().map(|line| ((*line).to_owned(), 1)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_is_mailed_once_to_owners_and_admins_and_to_nobody_else() {
    let world = world().await;
    let one = staffed(&world, "one").await;
    let other = staffed(&world, "other").await;
    raise(&world, one, "number_failures", "…6727").await;
    raise(&world, one, "number_failures", "…6727").await;
    raise(&world, other, "lockouts", "tenant").await;
    let takers = futures::future::join_all((0..8).map(|_| tell(&world, 10))).await;
    assert_eq!(takers.into_iter().map(Result::unwrap).sum::<usize>(), 2);
    let told = once(&[
        "owner@one.example one number_failures …6727",
        "admin@one.example one number_failures …6727",
        "owner@other.example other lockouts tenant",
        "admin@other.example other lockouts tenant",
    ]);
    assert_eq!(outbox(&world).await, told);
    raise(&world, one, "number_failures", "…6727").await;
    assert_eq!(tell(&world, 10).await.unwrap(), 0, "the same episode");
}

#[tokio::test(flavor = "multi_thread")]
async fn caps_are_mailed_and_what_is_only_listed_is_not() {
    let world = world().await;
    let tenant = staffed(&world, "one").await;
    let id = uuid::Uuid::from(tenant);
    world.read(&format!(
        "INSERT INTO cap_alerts (tenant_id, period, starts_on, counted, percent, most, used) \
         VALUES ('{id}', 'day', '2026-11-21', 'messages', 80, 10, 8)"
    ));
    world.read(&format!(
        "SELECT raise_alert('{id}', 'fraud_recorded', 'conversion, country CH', '{{}}', interval '1 hour', false)"
    ));
    assert_eq!(tell(&world, 10).await.unwrap(), 1);
    let about = "one daily_cap tenant, messages, 80 %";
    assert_eq!(outbox(&world).await, once(&[&format!("owner@one.example {about}"), &format!("admin@one.example {about}")]));
}

#[tokio::test(flavor = "multi_thread")]
async fn muted_kinds_closed_tenants_and_old_alerts_are_not_mailed() {
    let world = world().await;
    let (muted, late, closed, old) = (
        staffed(&world, "muted").await,
        staffed(&world, "late").await,
        staffed(&world, "closed").await,
        staffed(&world, "old").await,
    );
    let mute = vec![("number_failures".to_owned(), 4_102_444_800_000)];
    world.database.tenant(muted).alerts().set_mutes(mute.clone()).await.unwrap();
    for tenant in [muted, late, closed, old, world.tenant("nobody").await] {
        raise(&world, tenant, "number_failures", "…6727").await;
    }
    world.database.tenant(late).alerts().set_mutes(mute).await.unwrap();
    world.read("UPDATE tenants SET is_enabled = false WHERE slug = 'closed'");
    let (old, muted) = (uuid::Uuid::from(old), uuid::Uuid::from(muted));
    world.read(&format!("UPDATE alerts SET raised_at = now() - interval '25 hours' WHERE tenant_id = '{old}'"));
    assert_eq!(world.read(&format!("SELECT mail IS NULL FROM alerts WHERE tenant_id = '{muted}'")), "t");
    assert_eq!(tell(&world, 10).await.unwrap(), 0);
    assert_eq!(outbox(&world).await, BTreeMap::new());
    assert_eq!(world.read("SELECT count(*) FROM alerts WHERE mail = 'due'"), "0", "they are not looked at again");
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_alerts_in_an_hour_are_mailed_and_then_one_mail_says_that_there_are_more() {
    let world = world().await;
    let tenant = world.tenant("one").await;
    member(&world, tenant, "owner@one.example", Role::Owner).await;
    let quiet = staffed(&world, "quiet").await;
    for number in 0..30 {
        raise(&world, tenant, "number_failures", &format!("…{number:04}")).await;
    }
    raise(&world, quiet, "lockouts", "tenant").await;
    let mut count = 0;
    while let told @ 1.. = tell(&world, 4).await.unwrap() {
        count += told;
    }
    assert_eq!(count, 22);
    let told = outbox(&world).await;
    assert_eq!(told.keys().filter(|line| line.starts_with("owner@one.example one number_failures …")).count(), 20);
    assert_eq!(told.get("owner@one.example one number_failures more"), Some(&1));
    assert_eq!(told.len(), 23, "another tenant is told all the same");
    raise(&world, tenant, "number_failures", "…9999").await;
    assert_eq!(tell(&world, 4).await.unwrap(), 0);
    world.read("UPDATE alerts SET mailed_at = mailed_at - interval '61 minutes' WHERE mailed_at IS NOT NULL");
    raise(&world, tenant, "number_failures", "…8888").await;
    assert_eq!(tell(&world, 4).await.unwrap(), 1, "an hour later");
    assert_eq!(outbox(&world).await, once(&["owner@one.example one number_failures …8888"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_that_cannot_be_written_stay_due() {
    let world = world().await;
    let tenant = staffed(&world, "one").await;
    raise(&world, tenant, "lockouts", "tenant").await;
    // Too large for the outbox.
    let mails = world.database.people().mails();
    let write = |_: &AlertToMail, to: &pinfold_postgres::Addressee| {
        Zeroizing::new(vec![b'x'; if to.email.starts_with("admin") { 70_000 } else { 10 }])
    };
    mails.tell_alerts(10, 20, Arc::clone(&world.master), write).await.unwrap_err();
    assert_eq!(outbox(&world).await, BTreeMap::new());
    assert_eq!(tell(&world, 10).await.unwrap(), 1);
    assert_eq!(outbox(&world).await.len(), 2);
}

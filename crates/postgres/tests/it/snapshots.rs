//! Configurations in this process are read once, replaced whole, and never older than a few seconds.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use pinfold_core::channel::Channel;
use pinfold_core::connection::{Connection, Provider, Traffic};
use pinfold_core::id::{ConnectionId, TenantId};
use pinfold_core::keys::MasterKey;
use pinfold_core::route::Prefix;
use pinfold_postgres::{Snapshots, built_in_id};
use pinfold_testkit::Role;

use crate::configuration::text_message;
use crate::world::{Replace, application, new_key, within_5_s, world, world_with};

#[tokio::test(flavor = "multi_thread")]
async fn a_key_leads_to_its_tenants_whole_configuration() {
    let world = world().await;
    let (tenant, application, hash) = world.customer("one").await;
    let snapshots = world.snapshots();
    assert!(snapshots.peek_key(&hash).is_none());
    let (snapshot, key) = snapshots.find_key(&hash).await.unwrap().unwrap();
    assert_eq!((snapshot.tenant, snapshot.slug.as_str(), key.name.as_str()), (tenant, "one", "main"));
    assert!(snapshot.is_enabled && snapshot.application(application).is_some());
    let built_in = snapshot.message(application, built_in_id(application)).unwrap();
    assert_eq!((built_in.application, built_in.pin_length), (application, 6));
    assert!(snapshots.peek_key(&hash).is_some() && snapshots.peek_tenant(tenant).is_some());
    assert_eq!(snapshots.stats().loads.load(Ordering::Relaxed), 1);
    assert_eq!(snapshots.known(), 1);
    assert!(snapshots.tenant(TenantId::random()).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cold_configuration_is_read_once_for_all_who_ask() {
    let world = world().await;
    let (tenant, _, hash) = world.customer("one").await;
    let snapshots = world.snapshots();
    let by_key = (0..50).map(|_| async { snapshots.find_key(&hash).await.unwrap().is_some() });
    let all = futures::future::join_all(by_key).await;
    assert!(all.into_iter().all(|found| found));
    assert_eq!(snapshots.stats().loads.load(Ordering::Relaxed), 1);
    // The first caller going away takes nothing from the others.
    let cold = Snapshots::new(world.database.clone(), Arc::clone(&world.master), &world.settings);
    let mut first = Box::pin(cold.tenant(tenant));
    assert!(futures::poll!(&mut first).is_pending());
    let second = cold.tenant(tenant);
    drop(first);
    assert!(second.await.unwrap().is_some());
    assert_eq!(cold.stats().loads.load(Ordering::Relaxed), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_key_costs_one_query_and_is_found_once_it_exists() {
    let world = world().await;
    let (tenant, ..) = world.customer("one").await;
    let snapshots = world.watching_snapshots().await;
    let new = new_key("later");
    for _ in 0..10 {
        assert!(snapshots.find_key(&new.hash).await.unwrap().is_none());
    }
    assert_eq!(snapshots.stats().absent.load(Ordering::Relaxed), 9);
    assert_eq!(snapshots.stats().loads.load(Ordering::Relaxed), 0);
    world.database.tenant(tenant).api_keys().create(new.clone()).await.unwrap();
    within_5_s("the new key", async || snapshots.find_key(&new.hash).await.unwrap().is_some()).await;
    world.database.tenant(tenant).api_keys().revoke(new.key.id).await.unwrap();
    within_5_s("its end", async || snapshots.find_key(&new.hash).await.unwrap().is_none()).await;
    assert!(snapshots.peek_key(&new.hash).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_of_a_known_tenant_is_found_at_once() {
    let world = world().await;
    let (tenant, _, hash) = world.customer("one").await;
    // Nobody listens: only the look itself can find it.
    let snapshots = Snapshots::new(world.database.clone(), Arc::clone(&world.master), &world.settings);
    assert!(snapshots.find_key(&hash).await.unwrap().is_some());
    let new = new_key("second");
    world.database.tenant(tenant).api_keys().create(new.clone()).await.unwrap();
    assert!(snapshots.find_key(&new.hash).await.unwrap().is_some());
    let (snapshot, _) = snapshots.peek_key(&hash).unwrap();
    assert!(snapshots.newer_than(&snapshot).await.unwrap().is_none());
    let added = application("added");
    world.database.tenant(tenant).applications().create(added.clone()).await.unwrap();
    assert!(snapshots.peek_tenant(tenant).unwrap().application(added.id).is_none());
    let newer = snapshots.newer_than(&snapshot).await.unwrap().unwrap();
    assert!(newer.application(added.id).is_some() && newer.version > snapshot.version);
    assert!(snapshots.peek_tenant(tenant).unwrap().application(added.id).is_some());
    // What came here meanwhile is newer than the first one too, and not the newest.
    let last = application("last");
    world.database.tenant(tenant).applications().create(last.clone()).await.unwrap();
    let newest = snapshots.newer_than(&snapshot).await.unwrap().unwrap();
    assert!(newest.application(last.id).is_some() && newest.version > newer.version);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_change_is_seen() {
    let world = world().await;
    let (tenant, id, hash) = world.customer("one").await;
    let snapshots = world.watching_snapshots().await;
    snapshots.find_key(&hash).await.unwrap().unwrap();
    let (scope, now) = (world.database.tenant(tenant), || snapshots.peek_tenant(tenant).unwrap());
    let mut changed = now().application(id).unwrap().as_ref().clone();
    changed.is_enabled = false;
    scope.applications().replace(changed).await.unwrap();
    within_5_s("the application", async || !now().application(id).unwrap().is_enabled).await;
    let message = text_message(id, "<pin>");
    scope.messages().create(message.clone()).await.unwrap();
    within_5_s("the message", async || now().message(id, message.id).is_some()).await;
    assert!(now().message(pinfold_core::id::ApplicationId::random(), message.id).is_none());
    let connection = Connection {
        id: ConnectionId::random(),
        name: "c".to_owned(),
        is_enabled: true,
        provider: Provider::Simulator {},
        traffic: Traffic::default(),
    };
    scope.connections().create(&connection, &now().keys).await.unwrap();
    scope.routes().set(Channel::Sms, Some(connection.id)).await.unwrap();
    within_5_s("the route", async || {
        now().routes.get(Channel::Sms, &Prefix::Any).is_some_and(|way| way.legs[0].connection == connection.id)
    })
    .await;
    let key = snapshots.peek_key(&hash).unwrap().1;
    let mut stored = scope.api_keys().get(key.id).await.unwrap().unwrap();
    stored.key.networks = vec!["192.0.2.1".parse().unwrap()];
    scope.api_keys().update(stored).await.unwrap();
    within_5_s("the key", async || snapshots.peek_key(&hash).unwrap().1.networks.len() == 1).await;
    world.sql.query(Role::Owner, "UPDATE tenants SET is_enabled = false").unwrap();
    within_5_s("the tenant", async || !now().is_enabled).await;
    assert!(snapshots.stats().notifications.load(Ordering::Relaxed) >= 6);
    assert_eq!(snapshots.stats().missed_notifications.load(Ordering::Relaxed), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missed_notification_is_made_good() {
    let world = world().await;
    let (tenant, id, _) = world.customer("one").await;
    let snapshots = world.watching_snapshots().await;
    snapshots.tenant(tenant).await.unwrap().unwrap();
    let silent = world.read("SELECT pg_get_functiondef('bump_config_version'::regproc)");
    world.read(&silent.replace("PERFORM pg_notify('pinfold_config', changed::text);", ""));
    let mut changed = application("silent");
    changed.id = id;
    world.database.tenant(tenant).applications().replace(changed).await.unwrap();
    let name = || snapshots.peek_tenant(tenant).unwrap().application(id).unwrap().name.clone();
    within_5_s("the change", async || name() == "silent").await;
    assert_eq!(snapshots.stats().missed_notifications.load(Ordering::Relaxed), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_listening_connection_is_made_again() {
    let world = world().await;
    let (tenant, id, _) = world.customer("one").await;
    let snapshots = world.snapshots();
    snapshots.tenant(tenant).await.unwrap().unwrap();
    let name = || snapshots.peek_tenant(tenant).unwrap().application(id).unwrap().name.clone();
    for round in 0..3 {
        within_5_s("listening", async || {
            world.read("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%config_versions_of%' AND pid <> pg_backend_pid()") != "0"
        })
        .await;
        let mut changed = application(&format!("round {round}"));
        changed.id = id;
        within_5_s("written", async || world.database.tenant(tenant).applications().replace(changed.clone()).await.is_ok()).await;
        within_5_s("the change", async || name() == changed.name).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_is_never_half_old() {
    let world = world().await;
    let (tenant, id, hash) = world.customer("one").await;
    let snapshots = world.watching_snapshots().await;
    snapshots.find_key(&hash).await.unwrap().unwrap();
    let writer = {
        let database = world.database.clone();
        world.tracker.spawn(async move {
            for round in 0..40_u8 {
                let mut changed = application(&round.to_string());
                changed.id = id;
                changed.limits.pin_attempts = round + 1;
                changed.limits.time_to_live = format!("{}s", u32::from(round) + 1).parse().unwrap();
                database.tenant(tenant).applications().replace(changed).await.unwrap();
                tokio::time::sleep(Duration::from_millis(15)).await;
            }
        })
    };
    let (mut seen, mut last) = (std::collections::BTreeSet::new(), 0);
    while !writer.is_finished() {
        let (snapshot, _) = snapshots.peek_key(&hash).unwrap();
        let application = snapshot.application(id).unwrap();
        if application.name != "main" {
            let round: u8 = application.name.parse().unwrap();
            assert_eq!(application.limits.pin_attempts, round + 1);
            assert_eq!(application.limits.time_to_live.to_string(), format!("{}s", u32::from(round) + 1));
            seen.insert(round);
        }
        assert!(snapshot.version >= last, "an older configuration came back");
        last = snapshot.version;
        tokio::time::sleep(Duration::from_micros(200)).await;
    }
    writer.await.unwrap();
    within_5_s("the last", async || snapshots.peek_tenant(tenant).unwrap().application(id).unwrap().name == "39").await;
    assert!(seen.len() > 1, "{seen:?} {snapshots:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn corrupt_rows_are_left_out_and_the_rest_is_served() {
    let world = world().await;
    let (tenant, id, hash) = world.customer("one").await;
    let snapshots = world.snapshots();
    let keys = snapshots.tenant(tenant).await.unwrap().unwrap();
    let scope = world.database.tenant(tenant);
    let good = application("good");
    scope.applications().create(good.clone()).await.unwrap();
    let connections = ["a", "b", "c"].map(|name| Connection {
        id: ConnectionId::random(),
        name: name.to_owned(),
        is_enabled: true,
        provider: Provider::Simulator {},
        traffic: Traffic::default(),
    });
    for connection in &connections {
        scope.connections().create(connection, &keys.keys).await.unwrap();
    }
    // Two sealed values trade places.
    world.read(
        "UPDATE connections AS x SET sealed = y.sealed FROM connections AS y \
         WHERE (x.name, y.name) IN (('a', 'b'), ('b', 'a')); UPDATE applications SET lock_after = '0/1d' WHERE name = 'main'",
    );
    let fresh = world.snapshots().tenant(tenant).await.unwrap().unwrap();
    assert_eq!(fresh.connections.keys().collect::<Vec<_>>(), [&connections[2].id]);
    assert!(fresh.application(good.id).is_some() && fresh.application(id).is_none());
    assert!(fresh.api_keys.contains_key(&hash));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_whose_keys_do_not_open_is_not_served() {
    let world = world().await;
    let (tenant, _, hash) = world.customer("one").await;
    let other = Arc::new(MasterKey::new(&[9; 32]));
    let snapshots = Snapshots::new(world.database.clone(), other, &world.settings);
    let error = snapshots.find_key(&hash).await.unwrap_err();
    assert!(error.0.to_string().contains("tenant_keys.sealed"), "{}", error.0);
    assert!(snapshots.tenant(tenant).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_uses_is_let_go() {
    let world = world_with(|settings| {
        settings.idle_seconds = 1;
        settings.poll_interval_ms = 100;
    })
    .await;
    let (used, _, hash) = world.customer("used").await;
    let (unused, ..) = world.customer("unused").await;
    let snapshots = world.snapshots();
    snapshots.tenant(used).await.unwrap().unwrap();
    snapshots.tenant(unused).await.unwrap().unwrap();
    within_5_s("one is let go", async || {
        assert!(snapshots.peek_key(&hash).is_some());
        snapshots.known() == 1
    })
    .await;
    assert!(snapshots.peek_tenant(used).is_some() && snapshots.peek_tenant(unused).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_warm_look_touches_nothing_but_memory() {
    let world = world().await;
    let (.., hash) = world.customer("one").await;
    let snapshots = Snapshots::new(world.database.clone(), Arc::clone(&world.master), &world.settings);
    snapshots.find_key(&hash).await.unwrap().unwrap();
    world.sql.refuse_connections();
    for _ in 0..10_000 {
        assert!(snapshots.peek_key(&hash).is_some());
        assert!(snapshots.find_key(&hash).await.unwrap().is_some());
    }
    assert_eq!(snapshots.stats().hits.load(Ordering::Relaxed), 20_000);
    assert_eq!(snapshots.stats().misses.load(Ordering::Relaxed), 1);
    assert!(snapshots.confirmed_ago() < Duration::from_secs(60));
    world.sql.accept_connections();
}

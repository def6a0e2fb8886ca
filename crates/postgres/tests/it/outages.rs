//! While PostgreSQL is away or slow, known tenants are served, and nobody waits for long.

use std::sync::Arc;
use std::time::Duration;

use pinfold_core::id::TenantId;
use pinfold_postgres::{Database, Snapshots};
use pinfold_testkit::Role;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use crate::world::{Replace, application, new_key, within_5_s, world, world_with};

#[tokio::test(flavor = "multi_thread")]
async fn known_tenants_are_served_while_postgres_is_away_and_changes_come_through_after() {
    let world = world().await;
    let (tenant, id, hash) = world.customer("one").await;
    let snapshots = world.snapshots();
    snapshots.find_key(&hash).await.unwrap().unwrap();
    within_5_s("confirmed", async || !snapshots.is_degraded() && snapshots.confirmed_ago() < Duration::from_secs(4)).await;
    world.sql.refuse_connections();
    within_5_s("degraded", async || snapshots.is_degraded()).await;
    for _ in 0..100 {
        assert!(snapshots.find_key(&hash).await.unwrap().is_some());
    }
    // Strangers and newcomers are told so at once.
    let asked = Instant::now();
    assert!(snapshots.find_key(&[1; 32]).await.is_err());
    assert!(snapshots.tenant(TenantId::random()).await.is_err());
    let known = snapshots.peek_tenant(tenant).unwrap();
    assert!(snapshots.newer_than(&known).await.is_err());
    assert_eq!(snapshots.newest(Arc::clone(&known)).await.version, known.version);
    assert!(asked.elapsed() < Duration::from_millis(500), "{:?}", asked.elapsed());
    // Configuration cannot be written, and says so in time.
    let asked = Instant::now();
    let error = world.database.tenant(tenant).applications().create(application("x")).await.unwrap_err();
    assert!(error.is_unavailable(), "{error:?}");
    assert!(asked.elapsed() < Duration::from_millis(3_200), "{:?}", asked.elapsed());
    // A process that starts now is not ready rather than wrong.
    let late = Database::connect(&world.settings, TaskTracker::new()).unwrap();
    assert!(late.ping().await.unwrap_err().is_unavailable());
    let late = Snapshots::new(late, Arc::clone(&world.master), &world.settings);
    assert!(late.find_key(&hash).await.is_err());
    world.sql.accept_connections();
    let mut changed = application("after");
    changed.id = id;
    within_5_s("writing", async || world.database.tenant(tenant).applications().replace(changed.clone()).await.is_ok()).await;
    within_5_s("the change", async || {
        snapshots.peek_tenant(tenant).is_some_and(|now| now.application(id).unwrap().name == "after")
    })
    .await;
    within_5_s("confirmed again", async || !snapshots.is_degraded()).await;
    let new = new_key("new");
    world.database.tenant(tenant).api_keys().create(new.clone()).await.unwrap();
    within_5_s("newcomers", async || matches!(snapshots.find_key(&new.hash).await, Ok(Some(_)))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_confirmed_for_too_long_is_not_used() {
    let world = world_with(|settings| {
        settings.stale_seconds = 2;
        settings.poll_interval_ms = 200;
    })
    .await;
    let (tenant, _, hash) = world.customer("one").await;
    let snapshots = world.snapshots();
    snapshots.find_key(&hash).await.unwrap().unwrap();
    // Confirmed again and again, it stays.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert!(snapshots.peek_key(&hash).is_some());
    world.sql.refuse_connections();
    tokio::time::sleep(Duration::from_millis(1_000)).await;
    assert!(snapshots.peek_key(&hash).is_some());
    within_5_s("stale", async || snapshots.peek_key(&hash).is_none()).await;
    assert!(snapshots.find_key(&hash).await.is_err() && snapshots.tenant(tenant).await.is_err());
    world.sql.accept_connections();
    within_5_s("back", async || matches!(snapshots.find_key(&hash).await, Ok(Some(_)))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_table_delays_nobody_for_long_and_no_known_tenant_at_all() {
    let world = world().await;
    let (tenant, _, hash) = world.customer("one").await;
    let snapshots = world.snapshots();
    snapshots.find_key(&hash).await.unwrap().unwrap();
    let sql = Arc::clone(&world.sql);
    let blocker =
        std::thread::spawn(move || sql.query(Role::Owner, "BEGIN; LOCK TABLE applications, api_keys; SELECT pg_sleep(20)"));
    within_5_s("locked", async || world.read("SELECT count(*) FROM pg_locks WHERE relation = 'applications'::regclass AND mode = 'AccessExclusiveLock' AND granted") == "1").await;
    let asked = Instant::now();
    let waiting = (0..12).map(|_| world.database.tenant(tenant).applications().list());
    let answers = futures::future::join_all(waiting);
    let served = async {
        for _ in 0..200 {
            assert!(snapshots.peek_key(&hash).is_some());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        asked.elapsed()
    };
    let (answers, served) = tokio::join!(answers, served);
    assert!(answers.iter().all(|answer| answer.as_ref().is_err_and(pinfold_postgres::Error::is_unavailable)));
    assert!(asked.elapsed() < Duration::from_millis(4_000), "{:?}", asked.elapsed());
    assert!(served < Duration::from_millis(2_500), "{served:?}");
    world.read(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(20)%' AND pid <> pg_backend_pid()",
    );
    assert!(blocker.join().unwrap().is_err(), "the lock was held throughout");
    within_5_s("normal again", async || world.database.tenant(tenant).applications().list().await.is_ok()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_useless_url_is_refused_without_quoting_it() {
    let world = world().await;
    let mut settings = world.settings.clone();
    for url in ["", "postgres://user:very-secret@host:port/x", "mysql://user:very-secret@host/x", "nonsense very-secret"] {
        settings.url = url.into();
        let error = Database::connect(&settings, TaskTracker::new()).unwrap_err();
        let whole = format!("{error} {error:?}");
        assert!(whole.contains("url") && !whole.contains("very-secret"), "{whole}");
    }
    settings.url = world.sql.url_for(Role::Service).replace("pinfold_service", "pinfold_service_unknown").into();
    let error = Database::connect(&settings, TaskTracker::new()).unwrap().ping().await.unwrap_err();
    assert!(error.is_unavailable(), "{error:?}");
    let why = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    assert!(why.contains("pinfold_service_unknown") && why.contains("authentication"), "{why}");
    settings = world.settings.clone();
    settings.url = format!("{}?sslmode=require", world.sql.url_for(Role::Service)).into();
    let error = Database::connect(&settings, TaskTracker::new()).unwrap().ping().await.unwrap_err();
    assert!(error.is_unavailable(), "a server without TLS is not used when TLS is asked for: {error:?}");
}

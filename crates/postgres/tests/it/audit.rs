//! The audit log: nothing of a tenant's configuration changes untold, and nobody changes what was told unseen.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use pinfold_core::access::Actor;
use pinfold_core::audit::Who;
use pinfold_core::id::{ApiKeyId, TenantId};
use pinfold_core::request_id::RequestId;
use pinfold_postgres::{Acting, AuditEntry, AuditFault, AuditFilter, ChainHead, Note, PLATFORM, acting_as};
use pinfold_testkit::Role;
use serde_json::json;

use crate::world::{Replace, World, application, world, world_with};

async fn entries(world: &World, tenant: TenantId) -> Vec<AuditEntry> {
    let filter = AuditFilter { size: 500, ..AuditFilter::default() };
    world.database.tenant(tenant).audit().list(filter).await.unwrap()
}

const REQUEST: &str = "0123456789abcdef0123456789abcdef";

fn somebody() -> Acting {
    Acting {
        who: Who::Known(Actor::Key(ApiKeyId::from_bytes([0xA; 16]))),
        address: Some([192, 0, 2, 7].into()),
        request_id: RequestId::parse(REQUEST.as_bytes()),
        operation: Arc::new(OnceLock::from("applications.create")),
    }
}

async fn head(world: &World, tenant: TenantId) -> ChainHead {
    world.database.audit_heads().await.unwrap().into_iter().find(|head| head.tenant == tenant).unwrap()
}

/// What the verifier says, in short.
async fn verdict(world: &World, tenant: TenantId, checkpoints: &[ChainHead]) -> String {
    match world.database.tenant(tenant).audit().verify(checkpoints).await {
        Ok(verified) => format!("fine {}", verified.head.sequence),
        Err(AuditFault::Changed(entry)) => format!("changed {entry}"),
        Err(AuditFault::Missing(entry)) => format!("missing {entry}"),
        Err(AuditFault::Rewritten { sequence, since }) => format!("rewritten {since}..{sequence}"),
        Err(AuditFault::Unreadable(error)) => panic!("{error}"),
    }
}

/// A tenant whose chain has this many entries.
async fn chain(world: &World, slug: &str, length: u64) -> TenantId {
    let tenant = world.tenant(slug).await;
    while head(world, tenant).await.sequence < length {
        world.database.tenant(tenant).applications().create(application("x")).await.unwrap();
    }
    tenant
}

/// SQL that makes the hashes of a chain right again from an entry on, as somebody would who owns the database.
fn rehash(tenant: TenantId, from: u64) -> String {
    let owner = format!("'{}'::uuid", uuid_of(tenant));
    format!(
        "DO $$ DECLARE e record; h bytea := coalesce((SELECT hash FROM audit_entries WHERE tenant_id = {owner} AND sequence = {from} - 1), \
         decode(repeat('00', 32), 'hex')); BEGIN \
         FOR e IN SELECT * FROM audit_entries WHERE tenant_id = {owner} AND sequence >= {from} ORDER BY sequence LOOP \
         h := sha256(h || convert_to(e.payload, 'UTF8')); \
         UPDATE audit_entries SET hash = h WHERE tenant_id = {owner} AND sequence = e.sequence; END LOOP; \
         UPDATE audit_heads SET hash = h, sequence = (SELECT max(sequence) FROM audit_entries WHERE tenant_id = {owner}) \
         WHERE tenant_id = {owner}; END $$"
    )
}

fn uuid_of(tenant: TenantId) -> String {
    let hex = tenant.to_string().to_lowercase();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_told_with_who_what_when_where_before_and_after() {
    let world = world().await;
    let tenant = world.tenant("ann").await;
    let mut sign_in = application("sign-in");
    let applications = || world.database.tenant(tenant).applications();
    acting_as(somebody(), applications().create(sign_in.clone())).await.unwrap();
    sign_in.name = "Sign-in".into();
    applications().replace(sign_in.clone()).await.unwrap();
    let told = entries(&world, tenant).await;
    let (update, create) = (&told[0], &told[1]);
    let key = format!("key:{}", "0A".repeat(16));
    assert_eq!((create.action.as_str(), create.object.as_str()), ("created", "application"));
    assert_eq!(create.actor, key);
    assert_eq!(create.object_id, Some(sign_in.id.to_string()));
    assert_eq!((create.address.as_deref(), create.request_id.as_deref()), (Some("192.0.2.7"), Some(REQUEST)));
    assert_eq!(create.operation.as_deref(), Some("applications.create"));
    assert_eq!(create.after.as_ref().unwrap()["name"], "sign-in");
    assert_eq!(create.before, None);
    assert_eq!((update.action.as_str(), update.actor.as_str()), ("updated", "system"));
    assert_eq!(
        (update.before.clone(), update.after.clone()),
        (Some(json!({"name": "sign-in"})), Some(json!({"name": "Sign-in"})))
    );
    let now: u64 = world.read("SELECT floor(extract(epoch FROM now()) * 1000)::bigint").parse().unwrap();
    assert!(now.abs_diff(update.at_ms) < 60_000 && update.sequence == create.sequence + 1);
    // What fails is not told, for it was not done.
    let length = told.len();
    applications().create(sign_in).await.unwrap_err();
    assert_eq!(entries(&world, tenant).await.len(), length);
    assert_eq!(verdict(&world, tenant, &[]).await, format!("fine {length}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_named_and_not_told() {
    let world = world().await;
    let (tenant, _, hash) = world.customer("ann").await;
    world.endpoint(tenant, vec!["pin.sent"]).await;
    let set_url = |url: &str| {
        let update = format!("UPDATE webhook_endpoints SET url = '{url}', sealed = '\\x0123456789'");
        world.sql.query(Role::Owner, &update).unwrap();
    };
    set_url("https://ann:hunter2@example.com/hook?token=hunter3#x");
    let told = entries(&world, tenant).await;
    let text = format!("{told:?}");
    assert!(text.contains("api_key") && text.contains("pf_live_abcd"));
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    for secret in ["hunter", "0123456789", &hex] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    assert_eq!(told[0].after.as_ref().unwrap()["url"], "https://example.com/hook");
    assert_eq!(told[0].after.as_ref().unwrap()["sealed"], "hidden");
    // What the notifier keeps for itself is no change of configuration.
    let failing = "UPDATE webhook_endpoints SET failing_since = now()";
    world.sql.query(Role::Owner, failing).unwrap();
    assert_eq!(entries(&world, tenant).await.len(), told.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_is_told_of_or_is_no_configuration() {
    let world = world().await;
    let tables = world.read(
        "SELECT relname, EXISTS (SELECT FROM pg_trigger WHERE tgrelid = c.oid AND tgname = 'audit_change') \
         FROM pg_class AS c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1",
    );
    let untold: BTreeSet<&str> = tables.lines().filter_map(|line| line.strip_suffix("|f")).collect();
    let expected = [
        // The log itself, and what migrations note.
        "__diesel_schema_migrations",
        "audit_checkpoints",
        "audit_entries",
        "audit_heads",
        // When keys were used, which changes nothing.
        "api_key_uses",
        // What follows from changes that are told.
        "config_versions",
        // People on their way in: what comes of it is told of `people`. How often something was tried.
        "password_resets",
        "person_attempts",
        "person_mails",
        "sessions",
        "sign_ups",
        // Itself a record.
        "offboardings",
        // The record of messages, and of telling about them.
        "alerts",
        "cap_alerts",
        "deliveries",
        "events",
        "fraud_decisions",
        "receipts",
        "traffic",
        "traffic_state",
        "usage_days",
        "verifications",
        "webhook_attempts",
        "webhook_backlogs",
        "webhook_messages",
        // End users' own factors, which programs enrol and verify as they do PINs.
        "challenges",
        "entities",
        "factors",
    ];
    assert_eq!(untold, expected.into());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_reads_its_tenants_log_and_adds_to_it_and_nothing_else() {
    let world = world().await;
    let (ann, bob) = (chain(&world, "ann", 3).await, chain(&world, "bob", 5).await);
    let note = Note { action: "exported", object: "recipient", object_id: None, detail: Some(json!({"count": 1})) };
    world.database.tenant(ann).audit().note(note.clone()).await.unwrap();
    world.database.platform_audit().note(note).await.unwrap();
    let newest = &entries(&world, ann).await[0];
    assert_eq!((newest.action.as_str(), newest.detail.clone()), ("exported", Some(json!({"count": 1}))));
    let own = format!("SET app.tenant = '{}'; ", uuid_of(ann));
    let service = |sql: &str| world.sql.query(Role::Service, &format!("{own}{sql}"));
    assert_eq!(service("SELECT count(*) FROM audit_entries").unwrap().trim(), head(&world, ann).await.sequence.to_string());
    for refused in [
        "UPDATE audit_entries SET payload = payload",
        "DELETE FROM audit_entries",
        "TRUNCATE audit_entries",
        "INSERT INTO audit_entries (tenant_id, sequence, payload, hash) VALUES (gen_random_uuid(), 1, '{\"at_ms\":1}', sha256(''))",
        "UPDATE audit_heads SET sequence = 0",
        "DELETE FROM audit_heads",
        "SELECT audit_append(gen_random_uuid(), '{}')",
        "ALTER TABLE audit_entries DISABLE TRIGGER ALL",
        "ALTER TABLE applications DISABLE TRIGGER audit_change",
        "SET session_replication_role = replica",
        "SELECT claim_audit_checkpoint(0); UPDATE audit_checkpoints SET taken_at = now()",
    ] {
        let said = service(refused).unwrap_err().to_string();
        assert!(said.contains("permission denied") || said.contains("must be owner"), "{refused}: {said}");
    }
    assert_eq!(world.sql.query(Role::Service, "SELECT count(*) FROM audit_entries").unwrap(), "0");
    assert_eq!(verdict(&world, bob, &[]).await, "fine 5");
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_writers_make_one_chain() {
    // They wait for each other; how long is another test's question.
    let world = world_with(|settings| {
        (settings.pool_size, settings.statement_timeout_ms, settings.operation_timeout_ms) = (8, 60_000, 60_000);
        settings.acquire_timeout_ms = 60_000;
    })
    .await;
    let tenant = world.tenant("ann").await;
    let before = head(&world, tenant).await.sequence;
    let writers = (0..8).map(async |_| {
        for _ in 0..25 {
            world.database.tenant(tenant).applications().create(application("x")).await.unwrap();
        }
    });
    futures::future::join_all(writers).await;
    assert_eq!(verdict(&world, tenant, &[]).await, format!("fine {}", before + 200));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_forgery_is_found_and_its_first_entry_named() {
    let world = world().await;
    let forgeries = [
        (
            "edit",
            "UPDATE audit_entries SET payload = replace(payload, 'created', 'deleted') WHERE @ AND sequence = 5",
            "changed 5",
        ),
        ("edit of a hash", "UPDATE audit_entries SET hash = sha256('x') WHERE @ AND sequence = 5", "changed 5"),
        ("delete", "DELETE FROM audit_entries WHERE @ AND sequence = 4", "missing 4"),
        (
            "insert",
            "UPDATE audit_entries SET sequence = 100 + sequence WHERE @ AND sequence > 5; \
             INSERT INTO audit_entries (tenant_id, sequence, payload, hash) SELECT tenant_id, 6, payload, hash FROM audit_entries WHERE @ AND sequence = 5; \
             UPDATE audit_entries SET sequence = sequence - 99 WHERE @ AND sequence > 100; UPDATE audit_heads SET sequence = sequence + 1 WHERE @",
            "changed 6",
        ),
        (
            "insert at the end",
            "INSERT INTO audit_entries (tenant_id, sequence, payload, hash) SELECT tenant_id, 11, payload, hash FROM audit_entries WHERE @ AND sequence = 5",
            "changed 11",
        ),
        (
            "reorder",
            "UPDATE audit_entries SET sequence = 100 WHERE @ AND sequence = 3; UPDATE audit_entries SET sequence = 3 WHERE @ AND sequence = 7; \
             UPDATE audit_entries SET sequence = 7 WHERE @ AND sequence = 100",
            "changed 3",
        ),
        ("tail cut", "DELETE FROM audit_entries WHERE @ AND sequence > 8", "missing 9"),
        (
            "tail cut with its end",
            "DELETE FROM audit_entries WHERE @ AND sequence > 8; UPDATE audit_heads SET sequence = 8, \
             hash = (SELECT hash FROM audit_entries AS e WHERE e.tenant_id = audit_heads.tenant_id AND e.sequence = 8) WHERE @",
            "missing 9",
        ),
        ("all gone", "DELETE FROM audit_entries WHERE @; DELETE FROM audit_heads WHERE @", "missing 1"),
    ];
    for (nth, (name, sql, expected)) in forgeries.into_iter().enumerate() {
        let tenant = chain(&world, &format!("t{nth}"), 10).await;
        let checkpoint = head(&world, tenant).await;
        assert_eq!(verdict(&world, tenant, &[checkpoint]).await, "fine 10");
        let whose = format!("tenant_id = '{}'", uuid_of(tenant));
        world.sql.query(Role::Superuser, &sql.replace('@', &whose)).unwrap();
        assert_eq!(verdict(&world, tenant, &[checkpoint]).await, expected, "{name}");
    }
    // Who writes the whole chain anew makes it right in itself. Only what is kept elsewhere tells.
    let tenant = chain(&world, "anew", 4).await;
    let early = head(&world, tenant).await;
    while head(&world, tenant).await.sequence < 10 {
        world.database.tenant(tenant).applications().create(application("x")).await.unwrap();
    }
    let late = head(&world, tenant).await;
    let edit = format!(
        "UPDATE audit_entries SET payload = replace(payload, 'created', 'deleted') WHERE tenant_id = '{}' AND sequence = 6; {}",
        uuid_of(tenant),
        rehash(tenant, 6)
    );
    world.sql.query(Role::Superuser, &edit).unwrap();
    assert_eq!(verdict(&world, tenant, &[]).await, "fine 10");
    assert_eq!(verdict(&world, tenant, &[early, late]).await, "rewritten 4..10");
    // Longer than at the checkpoint is what a log becomes.
    let other = chain(&world, "grows", 4).await;
    let then = head(&world, other).await;
    world.database.tenant(other).applications().create(application("x")).await.unwrap();
    assert_eq!(verdict(&world, other, &[then]).await, "fine 5");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_entries_are_verified() {
    let world = world().await;
    let tenant = chain(&world, "long", 2).await;
    let fill = format!(
        "DO $$ DECLARE h bytea := (SELECT hash FROM audit_entries WHERE tenant_id = '{0}' AND sequence = 2); entry text; BEGIN \
         FOR n IN 3..100000 LOOP \
         entry := '{{\"tenant\": \"{1}\", \"sequence\": ' || n || ', \"at_ms\": 1, \"actor\": \"system\", \"action\": \"updated\", \
         \"object\": \"application\", \"before\": {{\"name\": \"' || repeat('x', 200) || '\"}}}}'; \
         h := sha256(h || convert_to(entry, 'UTF8')); \
         INSERT INTO audit_entries (tenant_id, sequence, payload, hash) VALUES ('{0}', n, entry, h); END LOOP; \
         UPDATE audit_heads SET hash = h, sequence = 100000 WHERE tenant_id = '{0}'; END $$",
        uuid_of(tenant),
        tenant
    );
    world.sql.query(Role::Superuser, &fill).unwrap();
    assert_eq!(verdict(&world, tenant, &[]).await, "fine 100000");
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_come_and_go_in_the_platforms_chain() {
    let world = world().await;
    let tenant = chain(&world, "ann", 4).await;
    let end = head(&world, tenant).await;
    world.sql.query(Role::Owner, "DELETE FROM tenants").unwrap();
    let told = entries(&world, PLATFORM).await;
    assert_eq!((told[0].action.as_str(), told[1].action.as_str()), ("deleted", "created"));
    assert_eq!(told[0].object_id, Some(tenant.to_string()));
    assert_eq!(world.read("SELECT count(*) FROM audit_entries WHERE tenant_id <> '00000000-0000-0000-0000-000000000000'"), "0");
    let closed = world.read("SELECT payload::jsonb #>> '{closed_with,hash}' FROM audit_entries ORDER BY sequence DESC LIMIT 1");
    assert_eq!(closed, end.hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    assert_eq!(verdict(&world, PLATFORM, &[]).await, "fine 2");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_process_takes_the_checkpoint() {
    let world = world().await;
    let claim = || world.database.claim_audit_checkpoint(3_600);
    let (one, two, three) = tokio::join!(claim(), claim(), claim());
    let claims = [one.unwrap(), two.unwrap(), three.unwrap()];
    assert_eq!(claims.iter().filter(|is_mine| **is_mine).count(), 1);
    assert!(world.database.claim_audit_checkpoint(0).await.unwrap());
}

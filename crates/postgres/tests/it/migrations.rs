//! Migrations go up, down and up again, and the schema keeps the house's rules.

use std::collections::BTreeSet;

use pinfold_postgres::{Database, Error, Settings, migrate};
use pinfold_testkit::{Postgres, Role};
use tokio_util::task::TaskTracker;

use crate::world::{migrations, settings, world};

const TABLES: &str = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace \
     AND relkind IN ('r', 'p', 'i', 'S') AND relname NOT LIKE '\\_\\_diesel%' \
     UNION SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1";

#[tokio::test(flavor = "multi_thread")]
async fn migrations_go_up_down_and_up_again() {
    let sql = Postgres::shared().fresh_database(None);
    let settings = settings(&sql);
    let names: Vec<String> = migrations().iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(migrate(&settings).await.unwrap(), names);
    let first = sql.query(Role::Superuser, TABLES).unwrap();
    for folder in migrations().iter().rev() {
        let down = std::fs::read_to_string(folder.join("down.sql")).unwrap();
        sql.query(Role::Owner, &down).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    }
    assert_eq!(sql.query(Role::Superuser, TABLES).unwrap(), "", "something is left");
    sql.query(Role::Owner, "DELETE FROM __diesel_schema_migrations").unwrap();
    assert_eq!(migrate(&settings).await.unwrap(), names);
    assert_eq!(sql.query(Role::Superuser, TABLES).unwrap(), first);
}

#[tokio::test(flavor = "multi_thread")]
async fn migrating_again_does_nothing_and_parallel_callers_migrate_once() {
    let sql = Postgres::shared().fresh_database(None);
    let settings = settings(&sql);
    let service = Database::connect(&settings, TaskTracker::new()).unwrap();
    assert_eq!(service.pending_migrations().await.unwrap().len(), migrations().len());
    let (one, two, three) = tokio::join!(migrate(&settings), migrate(&settings), migrate(&settings));
    let applied = one.unwrap().len() + two.unwrap().len() + three.unwrap().len();
    assert_eq!(applied, migrations().len());
    assert!(migrate(&settings).await.unwrap().is_empty());
    assert!(service.pending_migrations().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_owner_login_is_named() {
    let error = migrate(&Settings::default()).await.unwrap_err();
    assert!(matches!(error, Error::Setting { setting: "admin_url", .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_code_sees_the_tables_as_they_are() {
    let world = world().await;
    let source = concat!(include_str!("../../src/schema.rs"), include_str!("../../src/people/schema.rs"));
    let mut seen = 0;
    for table in source.split("diesel::table! {").skip(1) {
        let (name, columns) = table.split_once('{').unwrap();
        let (name, key) = name.trim().split_once(" (").unwrap();
        let key = key.trim_end_matches(") ").trim_end_matches(')');
        for column in columns.lines().filter(|line| line.contains("->")) {
            let (column, kind) = column.trim().trim_end_matches(',').split_once(" -> ").unwrap();
            // One column has another name in the code, where its own is a word of the language.
            let column = if (name, column) == ("webhook_messages", "kind") { "type" } else { column };
            let actual = world.read(&format!(
                "SELECT CASE WHEN attnotnull THEN '' ELSE 'Nullable ' END || format_type(atttypid, atttypmod) \
                 FROM pg_attribute WHERE attrelid = 'public.{name}'::regclass AND attname = '{column}'"
            ));
            let expected = match kind {
                "Uuid" => "uuid",
                "Text" => "text",
                "Bool" => "boolean",
                "Int2" => "smallint",
                "Int4" => "integer",
                "Int8" => "bigint",
                "Bytea" => "bytea",
                "Jsonb" => "jsonb",
                "Timestamptz" => "timestamp with time zone",
                "Array<Text>" => "text[]",
                "Nullable<Text>" => "Nullable text",
                "Nullable<Int2>" => "Nullable smallint",
                "Nullable<Jsonb>" => "Nullable jsonb",
                "Nullable<Bytea>" => "Nullable bytea",
                "Nullable<Uuid>" => "Nullable uuid",
                "Nullable<Int4>" => "Nullable integer",
                "Nullable<Int8>" => "Nullable bigint",
                "Nullable<Timestamptz>" => "Nullable timestamp with time zone",
                other => panic!("{name}.{column}: {other}"),
            };
            assert_eq!(actual, expected, "{name}.{column}");
            seen += 1;
        }
        let actual = world.read(&format!(
            "SELECT string_agg(attname, ', ' ORDER BY nth) FROM pg_index, unnest(indkey::int2[]) WITH ORDINALITY AS part (attnum, nth) \
             JOIN pg_attribute AS a USING (attnum) WHERE indrelid = 'public.{name}'::regclass AND indisprimary AND attrelid = indrelid"
        ));
        assert_eq!(actual, key, "{name}");
    }
    assert!(seen > 60, "{seen} columns");
}

#[tokio::test(flavor = "multi_thread")]
async fn indexes_and_references_of_tenants_tables_start_with_the_tenant() {
    let world = world().await;
    let strays = world.read(
        "SELECT i.indexrelid::regclass FROM pg_index AS i JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attname = 'tenant_id' \
         WHERE i.indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace) AND i.indkey[0] <> a.attnum",
    );
    // A key and an invitation are found by their hashes alone: their tenant is what is asked. Where a person is a member is asked
    // across tenants.
    let mut strays: Vec<&str> = strays.lines().collect();
    strays.sort_unstable();
    assert_eq!(strays, ["api_keys_hash_key", "invitations_hash_key", "memberships_of_person", "public_keys_hash_key"]);
    let strays = world.read(
        "SELECT c.conrelid::regclass, c.conname FROM pg_constraint AS c JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attname = 'tenant_id' \
         WHERE c.contype = 'f' AND c.conkey[1] <> a.attnum",
    );
    // People belong to no tenant.
    assert_eq!(strays, "memberships|memberships_person_id_fkey");
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_with_the_owners_rights_are_few_and_narrow() {
    let world = world().await;
    let functions = world.read(
        "SELECT proname, coalesce(array_to_string(proconfig, ';') LIKE 'search_path=pg_catalog, public, pg_temp%', false), \
                has_function_privilege('pinfold_service', oid, 'EXECUTE'), \
                EXISTS (SELECT FROM aclexplode(coalesce(proacl, acldefault('f', proowner))) WHERE grantee = 0) \
         FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef ORDER BY 1",
    );
    let names: BTreeSet<&str> = functions.lines().map(|line| line.split('|').next().unwrap()).collect();
    let expected = [
        "audit_append",
        "audit_change",
        "audit_heads_of_all",
        "audit_note",
        "begin_offboarding",
        "begin_webhook_backlog",
        "bump_config_version",
        "claim_audit_checkpoint",
        "condense_traffic",
        "config_versions_of",
        "continue_offboarding",
        "count_webhook_backlog",
        "create_partitions",
        "drop_partitions",
        "forget_managed_person",
        "lapsed_verifications",
        "list_cap_alert",
        "look_at_new_cap",
        "list_tenants",
        "mark_lapsed",
        "prune_decisions",
        "note_key_uses",
        "memberships_of",
        "open_tenant",
        "operator_tenants",
        "prune_receipts",
        "prune_usage",
        "prune_webhooks",
        "purge_subjects",
        "queue_cap_alert",
        "queue_webhooks",
        "raise_alert",
        "raise_cap_alerts",
        "record_events",
        "record_fraud_decisions",
        "record_lookup",
        "record_sent",
        "redact_subjects",
        "roll_up_traffic",
        "schedule_traffic_turn",
        "session_of",
        "suspend_tenant",
        "take_alert_mails",
        "take_polls",
        "take_traffic_turn",
        "take_undelivered",
        "take_webhooks",
        "tell_endpoints",
        "tell_receipts",
        "tenant_of_api_key",
        "traffic_gap",
        "tenant_of_invitation",
        "webhook_depth",
        "webhook_room",
    ];
    assert_eq!(names, expected.into());
    for line in functions.lines() {
        let inner = [
            "audit_append|",
            "audit_change|",
            "begin_webhook_backlog|",
            "bump_config_version|",
            "count_webhook_backlog|",
            "forget_managed_person|",
            "list_cap_alert|",
            "look_at_new_cap|",
            "queue_cap_alert|",
            "queue_webhooks|",
            "tell_endpoints|",
            "raise_cap_alerts|",
        ];
        let service_may = !inner.iter().any(|function| line.starts_with(function));
        assert!(line.ends_with(if service_may { "|t|t|f" } else { "|t|f|f" }), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_is_fit_to_serve_and_no_other_role_is() {
    let world = world().await;
    assert_eq!(world.database.role_faults().await.unwrap(), []);
    let owner = world.owner.role_faults().await.unwrap();
    assert!(owner.iter().any(|fault| fault.to_string().contains("owns the tables")), "{owner:?}");
    let mut settings = world.settings.clone();
    settings.url = world.sql.url_for(Role::Superuser).into();
    let superuser = Database::connect(&settings, TaskTracker::new()).unwrap().role_faults().await.unwrap();
    assert!(superuser.iter().any(|fault| fault.to_string().contains("is a superuser")), "{superuser:?}");
    world.read("ALTER TABLE messages NO FORCE ROW LEVEL SECURITY");
    let faults = world.database.role_faults().await.unwrap();
    assert_eq!(
        faults.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["the table messages has no forced row-level security"]
    );
}

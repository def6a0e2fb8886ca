//! The operator's commands against real servers.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use pinfold_testkit::Role;

use crate::support::{Environment, World, nowhere};

#[test]
fn usage_errors_exit_with_1_and_help_with_0() {
    let bare = Environment::default();
    assert_eq!(bare.run(&["--help"]).code, Some(0));
    assert_eq!(bare.run(&["--version"]).success(), format!("pinfold {}\n", env!("CARGO_PKG_VERSION")));
    for arguments in [&["fly"][..], &[], &["tenant"], &["key", "create"], &["serve", "--role"], &["tenant", "demo"]] {
        assert_eq!(bare.run(arguments).code, Some(1), "{arguments:?}");
    }
}

#[test]
fn openapi_needs_no_settings_and_is_the_same_every_time() {
    let one = Environment::default().run(&["openapi"]).success();
    assert_eq!(one, Environment::default().run(&["openapi"]).success());
    let document: serde_json::Value = serde_json::from_str(&one).expect("it is JSON");
    assert!(document["paths"]["/2fa/2/pin"]["post"]["operationId"] == "pins.send", "the native shape is there");
    assert!(document["paths"]["/v1/otp"]["post"].is_object(), "the generic shape is there");
}

#[test]
fn tenants_and_keys_are_made_listed_and_revoked() {
    let world = World::new();
    let environment = world.development();
    let run = |arguments: &[&str]| environment.run(arguments);
    let tenant = run(&["tenant", "create", "--name", "Acme Shop", "--json"]).json();
    assert_eq!(tenant["slug"], "acme-shop");
    let said = run(&["tenant", "create", "--name", "Acme Shop"]).refusal();
    assert_eq!(said, "pinfold: there is a tenant acme-shop already; choose another --slug\n");
    assert!(run(&["tenant", "create", "--name", "X", "--slug", "No Slug"]).refusal().contains("--slug must have"));
    assert_eq!(run(&["tenant", "list", "--json"]).json()[0]["id"], tenant["id"]);

    let create = ["key", "create", "--tenant", "acme-shop", "--name", "One", "--scope", "pin:send", "--scope", "pin:verify"];
    let text = run(&create).success();
    assert!(text.starts_with("pf_live_"), "{text}");
    let key = run(&["key", "create", "--tenant", "acme-shop", "--name", "Two", "--sandbox", "--json"]).json();
    assert!(key["key"].as_str().is_some_and(|key| key.starts_with("pf_test_")));
    let list = || run(&["key", "list", "--tenant", "acme-shop", "--json"]).json();
    assert_eq!(list()[0]["scopes"], serde_json::json!(["pin:send", "pin:verify"]));
    assert_eq!(list()[1]["state"], "works");
    let id = key["id"].as_str().expect("an id");
    run(&["key", "revoke", "--tenant", "acme-shop", "--id", id]).success();
    assert_eq!(list()[1]["state"], "revoked");
    assert!(run(&["key", "revoke", "--tenant", "acme-shop", "--id", id]).refusal().contains("has no key"));
    assert!(run(&["key", "list", "--tenant", "nobody"]).refusal().contains("there is no tenant nobody"));
    let stranger = ["key", "create", "--tenant", "acme-shop", "--name", "x", "--application", id];
    assert!(run(&stranger).refusal().contains("has no application with that id"));
    // What is in the record is not the key.
    let stored = world.database.query(Role::Superuser, "SELECT * FROM api_keys").expect("the table is there");
    assert!(!stored.contains(key["key"].as_str().expect("a key")));
}

#[test]
fn the_demo_tenant_is_made_once_and_its_file_is_private() {
    let world = World::new();
    let file = world.file("demo.env");
    let path = file.to_string_lossy();
    let environment = world.development().with("HTTP__PORT", 18_123);
    let demo = || {
        environment.run(&["tenant", "demo", "--env-file", &path]).success();
        fs::read_to_string(&file).expect("it was written")
    };
    let first = demo();
    assert_eq!(first, demo(), "again is once");
    assert_eq!(fs::metadata(&file).expect("it is there").permissions().mode() & 0o777, 0o600);
    for name in [
        "API_KEY=pf_live_",
        "SANDBOX_API_KEY=pf_test_",
        "APPLICATION_ID=",
        "MESSAGE_ID=",
        "EMAIL_MESSAGE_ID=",
        "BASE_URL=http://127.0.0.1:18123\n",
        "SIMULATOR_URL=http://127.0.0.1:18123/simulator\n",
        "REDIS_URL=redis://",
        "DATABASE_URL=postgres://pinfold_service:",
    ] {
        assert!(first.lines().any(|line| format!("{line}\n").starts_with(name)), "{name}");
    }
    let value = |text: &str, name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
    fs::remove_file(&file).expect("it is there");
    let third = demo();
    assert_eq!(value(&third, "APPLICATION_ID="), value(&first, "APPLICATION_ID="), "the application stays");
    assert_ne!(value(&third, "API_KEY="), value(&first, "API_KEY="), "a key that nobody knows any more is replaced");
    let count = |table: &str| world.database.query(Role::Superuser, &format!("SELECT count(*) FROM {table}"));
    assert_eq!((count("tenants").as_deref(), count("applications").as_deref()), (Ok("1"), Ok("1")));
    assert_eq!((count("connections").as_deref(), count("routes").as_deref()), (Ok("1"), Ok("4")));
}

#[test]
fn the_doctor_finds_what_is_wrong_and_says_what_to_do() {
    let empty = World::empty();
    let found = empty.development().run(&["doctor"]);
    assert_eq!(found.code, Some(1));
    assert!(found.stdout.contains("✗ migrations") && found.stdout.contains("→ run `pinfold migrate`"), "{}", found.stdout);

    let mut world = World::new();
    world.development().run(&["tenant", "create", "--name", "Acme"]).success();
    let found = world.development().run(&["doctor"]).success();
    assert!(found.contains("✓ redis") && found.contains("the master key opens their keys"), "{found}");
    let other_key = "mYkXr0vBn2Qe5tU8iO1pA4sD7fG0hJ3kL6zX9cV2bN8=";
    let found = world.development().with("SECURITY__MASTER_KEY", other_key).run(&["doctor"]);
    assert!(found.code == Some(1) && found.stdout.contains("✗ tenants"), "{}", found.stdout);
    let superuser = world.database.url_for(Role::Superuser);
    let found = world.production().with("POSTGRES__URL", &superuser).run(&["doctor"]);
    assert!(found.code == Some(1) && found.stdout.contains("is a superuser"), "{}", found.stdout);
    let found = world.development().with("POSTGRES__URL", &superuser).run(&["doctor"]).success();
    assert!(found.contains("! role"), "{found}");
    world.redis.kill();
    let found = world.development().run(&["doctor", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&found.stdout).expect("it is JSON");
    assert_eq!(report["healthy"], false);
    let found = nowhere().run(&["doctor"]);
    assert!(found.code == Some(1) && found.stdout.contains("✗ postgres") && found.stdout.contains("✗ redis"), "{}", found.stdout);
}

#[test]
fn signing_keys_rotate_and_old_ones_stay_published() {
    let world = World::new();
    let rotate = || world.development().run(&["key", "rotate-signing"]).success();
    rotate();
    rotate();
    let mut serving = world.development().serve("all");
    serving.wait_until_ready();
    let published = |text: &str| text.matches("\"kid\"").count();
    serving.wait_until("known", std::time::Duration::from_secs(5), |serving| {
        serving.get("/.well-known/jwks.json").is_some_and(|(status, body)| status == 200 && published(&body) == 2)
    });
}

#[test]
fn dead_letters_are_empty_where_nothing_was_given_up() {
    let mut world = World::new();
    let run = |world: &World, arguments: &[&str]| world.development().run(arguments);
    assert_eq!(run(&world, &["dead-letters", "list", "--json"]).json(), serde_json::json!([]));
    assert_eq!(run(&world, &["dead-letters", "replay"]).success(), "Queued 0 again.\n");
    assert!(run(&world, &["dead-letters", "replay", "00/1-0"]).refusal().contains("there is no dead letter 00/1-0"));
    assert_eq!(run(&world, &["dead-letters", "purge"]).success(), "Removed 0.\n");
    world.redis.kill();
    let said = run(&world, &["dead-letters", "list"]).refusal();
    assert!(said.lines().count() == 1 && said.contains("Redis"), "{said}");
}

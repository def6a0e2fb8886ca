//! What keeps a process from starting: each with exit code 1 and a line that says what to do.

use std::net::TcpListener;

use pinfold_testkit::{AppendOnly, Redis, Role};

use crate::support::{Environment, World, free_port, nowhere};

/// The complaints about a start that must be refused.
fn refused(environment: &Environment, role: &str) -> String {
    let said = environment.run(&["serve", "--role", role]).refusal();
    let complaints: Vec<&str> = said.lines().filter(|line| line.starts_with("pinfold: ")).collect();
    assert!(!complaints.is_empty(), "{said}");
    complaints.join("\n")
}

#[test]
fn production_refuses_every_unsafe_setting_with_its_name() {
    let world = World::new();
    let production = world.production();
    let example = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let cases: [(&str, Environment); 10] = [
        ("security.master_key is not set", production.clone().without("SECURITY__MASTER_KEY")),
        ("security.master_key has 16 bytes", production.clone().with("SECURITY__MASTER_KEY", "oCLyJ5DqNVFf3pOpjVbh5Q==")),
        ("security.master_key is an example", production.clone().with("SECURITY__MASTER_KEY", example)),
        ("security.internal_secret is not set", production.clone().without("SECURITY__INTERNAL_SECRET")),
        ("security.internal_secret needs", production.clone().with("SECURITY__INTERNAL_SECRET", "b1946ac92492d2347c6235b4")),
        ("security.internal_secret is an example", production.clone().with("SECURITY__INTERNAL_SECRET", "change-me-".repeat(4))),
        ("telemetry.metrics_token", production.clone().without("TELEMETRY__METRICS_TOKEN")),
        ("simulator.live_keys", production.clone().with("SIMULATOR__LIVE_KEYS", true)),
        ("http.public_url", production.clone().with("HTTP__PUBLIC_URL", "http://pin.example.com")),
        ("redis.url leaves this machine", production.clone().with("REDIS__URL", "redis://:x@redis.example:6379")),
    ];
    for (expected, environment) in cases {
        let said = refused(&environment, "all");
        assert!(said.lines().count() == 1 && said.contains(expected), "{expected}: {said}");
    }
    let (owner, superuser) = (world.database.url_for(Role::Owner), world.database.url_for(Role::Superuser));
    let said = refused(&production.clone().without("POSTGRES__ADMIN_URL").with("POSTGRES__URL", owner), "all");
    assert!(said.contains("owns the tables") || said.contains("CREATEROLE"), "{said}");
    assert!(refused(&production.with("POSTGRES__URL", superuser), "all").contains("is a superuser"));
}

#[test]
fn production_refuses_a_redis_that_forgets() {
    let world = World::new();
    let evicting = Redis::private().max_memory("64mb", "allkeys-lru").start();
    let said = refused(&world.production().with("REDIS__URL", evicting.url()), "verification");
    assert!(said.lines().count() == 1 && said.contains("maxmemory-policy noeviction"), "{said}");
    let forgetful = Redis::private().append_only(AppendOnly::Off).start();
    let said = refused(&world.production().with("REDIS__URL", forgetful.url()), "dispatch");
    assert!(said.lines().count() == 1 && said.contains("appendonly yes"), "{said}");
}

#[test]
fn development_starts_with_what_production_refuses_and_says_so() {
    let world = World::new();
    let evicting = Redis::private().max_memory("64mb", "allkeys-lru").start();
    let mut serving = world.development().with("REDIS__URL", evicting.url()).serve("all");
    serving.wait_until_ready();
    assert!(serving.log().contains("unsafe in production"), "{}", serving.log());
    assert_eq!(serving.ready().1["degraded"], true);
}

#[test]
fn pending_migrations_refuse_the_start_unless_told_to_migrate() {
    let world = World::empty();
    let said = refused(&world.development(), "all");
    assert!(said.lines().count() == 1 && said.contains("migrations are pending: run `pinfold migrate`"), "{said}");
    let check = world.development().run(&["migrate", "--check"]);
    assert!(check.code == Some(1) && check.stdout.starts_with("pending "), "{check:?}");
    let first = world.development().run(&["migrate"]).success();
    assert!(first.starts_with("applied "), "{first}");
    assert_eq!(world.development().run(&["migrate"]).success(), "The database is at this version.\n");
    world.development().run(&["migrate", "--check"]).success();
    world.development().serve("all").wait_until_ready();
    let world = World::empty();
    world.development().with("HTTP__PORT", free_port()).serve_with(&["--migrate"]).wait_until_ready();
    world.development().run(&["migrate", "--check"]).success();
}

#[test]
fn a_port_in_use_is_named_with_the_way_out() {
    let world = World::new();
    let taken = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
    let port = taken.local_addr().expect("it is bound").port();
    let said = refused(&world.development().with("HTTP__PORT", port), "all");
    let expected = format!("pinfold: port {port} on 127.0.0.1 is in use; choose another one with PINFOLD__HTTP__PORT");
    assert_eq!(said, expected);
}

#[test]
fn a_gateway_needs_to_know_where_the_other_roles_are() {
    let said = refused(&nowhere(), "gateway");
    let names: Vec<&str> = said.lines().filter_map(|line| line.split(' ').nth(1)).collect();
    assert_eq!(names, ["roles.config_service_url", "roles.verification_url", "roles.dispatch_url"]);
    let said = nowhere().run(&["serve", "--role", "worker"]).refusal();
    assert!(
        said.contains("there is no role \"worker\"; there are gateway, config-service, verification, dispatch and all"),
        "{said}"
    );
}

//! Health tells the truth: live is not ready, Redis lost is not ready, PostgreSQL lost is degraded.

use std::time::Duration;

use crate::support::{World, nowhere};

const SOON: Duration = Duration::from_secs(2);
const BACK: Duration = Duration::from_secs(5);

#[test]
fn redis_away_is_not_ready_within_two_seconds_and_back_within_five() {
    let mut world = World::new();
    let mut serving = world.development().serve("all");
    serving.wait_until_ready();
    world.redis.kill();
    serving.wait_until("away", SOON, |serving| !serving.ready().0);
    assert_eq!(serving.ready().1["checks"]["redis"]["status"], "failed");
    assert_eq!(serving.get("/health/live").map(|(status, _)| status), Some(200));
    let metrics = serving.get("/metrics").expect("metrics need no Redis").1;
    assert!(metrics.contains("\npinfold_ready 0") && metrics.contains("\npinfold_redis_up 0"), "{metrics}");
    world.redis.restart();
    serving.wait_until("back", BACK, |serving| serving.ready().0);
}

#[test]
fn postgres_away_is_degraded_for_those_who_know_it_and_not_ready_for_newcomers() {
    let world = World::new();
    let mut known = world.development().serve("all");
    known.wait_until_ready();
    world.database.refuse_connections();
    known.wait_until("degraded", BACK, |known| known.ready().1["degraded"] == true);
    let (is_ready, report) = known.ready();
    assert!(is_ready && report["checks"]["postgres"]["status"] == "degraded", "{report}");

    let mut newcomer = world.development().serve("all");
    newcomer.wait_until("live", Duration::from_secs(10), |newcomer| newcomer.get("/health/live").is_some());
    std::thread::sleep(SOON);
    let (is_ready, report) = newcomer.ready();
    assert!(!is_ready && report["checks"]["postgres"]["status"] == "failed", "{report}");

    world.database.accept_connections();
    known.wait_until("whole", BACK, |known| known.ready().1["degraded"] == false);
    newcomer.wait_until("ready", BACK, |newcomer| newcomer.ready().0);
}

#[test]
fn nothing_there_at_all_is_live_but_not_ready() {
    let mut serving = nowhere().serve("all");
    serving.wait_until("live", Duration::from_secs(10), |serving| serving.get("/health/live").is_some());
    let (is_ready, report) = serving.ready();
    assert!(!is_ready && report["status"] == "not_ready", "{report}");
}

#[test]
fn every_role_tells_its_health_and_only_the_edge_answers_strangers() {
    let world = World::new();
    for role in ["config-service", "verification", "dispatch"] {
        let mut serving = world.development().serve(role);
        serving.wait_until_ready();
        assert_eq!(serving.get("/metrics").map(|(status, _)| status), Some(200), "{role}");
        for path in ["/2fa/2/applications", "/v1/otp/x", "/.well-known/jwks.json", "/simulator", "/openapi.json", "/nowhere"] {
            assert_eq!(serving.get(path).map(|(status, _)| status), Some(401), "{role} {path}");
        }
    }
}

#[test]
fn metrics_ask_for_their_token_in_production() {
    let world = World::new();
    let mut serving = world.production().serve("all");
    serving.wait_until_ready();
    let with = |token: &str| {
        let client = reqwest::blocking::Client::builder().no_proxy().build().expect("a client");
        let answer = client.get(format!("{}/metrics", serving.url)).header("authorization", token).send().expect("it answers");
        (answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap_or_default().to_owned())
    };
    assert_eq!(serving.get("/metrics").map(|(status, _)| status), Some(401));
    assert_eq!(with("Bearer wrong").0, 401);
    assert_eq!(with("f3e2c57f0a9d4b7a8c61").0, 401);
    let (status, kind) = with("Bearer f3e2c57f0a9d4b7a8c61");
    assert!(status == 200 && kind.starts_with("application/openmetrics-text"), "{status} {kind}");
}

#[test]
fn the_health_command_says_what_the_page_says() {
    let world = World::new();
    let mut serving = world.development().serve("all");
    serving.wait_until_ready();
    let port = serving.url.rsplit(':').next().expect("it has a port").to_owned();
    let answer = world.development().with("HTTP__PORT", &port).with("HTTP__HOST", "0.0.0.0").run(&["health"]).json();
    assert_eq!(answer["status"], "ready");
    drop(serving);
    let said = world.development().with("HTTP__PORT", port).run(&["health", "--live"]).refusal();
    assert!(said.contains("nobody answers at http://127.0.0.1"), "{said}");
}

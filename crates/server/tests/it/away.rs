//! What the product does while Redis or PostgreSQL is away, and how it comes back without being restarted.

use std::process::Command;
use std::time::Duration;

use futures::future::join_all;
use pinfold_http::clock::stopwatch;
use pinfold_testkit::Role;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::support::{App, Client, Load, Options, Process};

/// The answer of `/health/ready`.
async fn readiness(process: &Process) -> (u16, Value) {
    let answer = Client::new(&process.url(), None).get("/health/ready").await;
    (answer.status, answer.json())
}

/// Waits until something holds of the readiness of every process that `concerns`.
async fn until(app: &App, limit: Duration, what: &str, concerns: fn(&Process) -> bool, holds: fn(u16, &Value) -> bool) {
    let start = stopwatch();
    for process in app.processes.iter().filter(|process| concerns(process)) {
        loop {
            let (status, body) = readiness(process).await;
            if holds(status, &body) {
                break;
            }
            assert!(start.elapsed() < limit, "{} is not {what} within {limit:?}: {body}", process.roles);
            sleep(Duration::from_millis(50)).await;
        }
    }
}

fn needs_redis(process: &Process) -> bool {
    process.roles != "config-service"
}

/// Waits until every thread of every process serves again: several times in a row, many sends at once are accepted.
async fn until_served(load: &Load, first: u32) {
    const AT_ONCE: u32 = 16;
    let (start, mut in_a_row, mut next) = (stopwatch(), 0, first);
    while in_a_row < 4 {
        let send = async |number| load.client.post("/2fa/2/pin", load.body(&Load::number(number))).await;
        let answers = join_all((next..next + AT_ONCE).map(send)).await;
        next += AT_ONCE;
        let refused = answers.iter().find(|answer| answer.status != 200);
        assert!(refused.is_none() || start.elapsed() < Duration::from_secs(5), "it is not back: {refused:?}");
        in_a_row = if refused.is_none() { in_a_row + 1 } else { 0 };
        sleep(Duration::from_millis(20)).await;
    }
}

/// Each process that answered tells of a request once, with code and cause where it found it.
fn is_told_once(app: &App, request_id: &str) {
    let lines = |process: &Process| -> Vec<Value> {
        let text = process.log_text();
        let lines = text.lines().filter(|line| line.contains(request_id) && line.contains("\"ERROR\""));
        lines.map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
    };
    let of_all: Vec<Vec<Value>> = app.processes.iter().map(lines).collect();
    assert!(of_all.iter().all(|lines| lines.len() <= 1), "{of_all:?}");
    let told = of_all.iter().flatten().find(|line| line["code"] == "unavailable").expect("somebody tells");
    assert!(told["cause"].as_str().is_some_and(|cause| cause.starts_with("Redis is unavailable")), "{told}");
}

async fn refused_in_time(client: &Client, path: &str, body: Value) -> String {
    let start = stopwatch();
    let answer = client.post(path, body).await.expect(503);
    assert!(start.elapsed() < Duration::from_secs(2), "{path} took {:?}", start.elapsed());
    assert!(answer.retry_after().is_some_and(|seconds| seconds <= 1), "{:?}", answer.headers);
    answer.header("x-request-id").expect("an id").to_owned()
}

async fn everything_is_refused(app: &App, load: &Load, pin_id: &str, pin: &str) {
    for _ in 0..2 {
        let id = refused_in_time(&app.client, "/2fa/2/pin", load.body("41793020010")).await;
        is_told_once(app, &id);
        refused_in_time(&app.client, &format!("/2fa/2/pin/{pin_id}/verify"), json!({ "pin": pin })).await;
        let native = app.client.with(&format!("Bearer {}", app.demo["API_KEY"]));
        refused_in_time(&native, "/v1/otp", json!({ "to": "+41793020010" })).await;
        let guess = json!({ "to": "+41793020020", "code": pin, "requestId": pin_id });
        refused_in_time(&native, "/v1/otp/verify", guess).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_away_refuses_at_once_and_its_return_needs_no_restart() {
    let mut app = App::start_with(Options { is_redis_durable: true, ..Options::default() }).await;
    let load = Load::of(&app);
    let to = "41793020020";
    let pin_id = app.send(app.application(), app.message(), to).await;
    let pin = app.pin_of(to).await;

    app.redis.kill();
    until(&app, Duration::from_secs(2), "not ready", needs_redis, |status, _| status == 503).await;
    everything_is_refused(&app, &load, &pin_id, &pin).await;
    let mut live = app.processes.iter().map(Process::url);
    let live = Client::new(&live.next().expect("there are processes"), None).get("/health/live").await;
    live.expect(200);
    app.redis.restart();
    until(&app, Duration::from_secs(5), "ready", needs_redis, |status, _| status == 200).await;
    until_served(&load, 12_000).await;
    assert_eq!(app.verify(&pin_id, &pin).await["verified"], true, "nothing was forgotten");

    // A Redis that hangs is as bad as none.
    let to = "41793020030";
    let pin_id = app.send(app.application(), app.message(), to).await;
    let pin = app.pin_of(to).await;
    let redis = app.redis.process_id().expect("it runs").to_string();
    let signal = |name: &str| assert!(Command::new("kill").args([name, &redis]).status().is_ok_and(|status| status.success()));
    signal("-STOP");
    everything_is_refused(&app, &load, &pin_id, &pin).await;
    until(&app, Duration::from_secs(3), "not ready", needs_redis, |status, _| status == 503).await;
    signal("-CONT");
    until(&app, Duration::from_secs(5), "ready", needs_redis, |status, _| status == 200).await;
    until_served(&load, 13_000).await;
    let after = app.send(app.application(), app.message(), "41793020040").await;
    assert_eq!(app.verify(&after, &app.pin_of("41793020040").await).await["verified"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_away_costs_known_tenants_nothing_and_each_event_is_recorded_once() {
    const COUNT: u32 = 20;
    let app = App::start().await;
    let load = Load::of(&app);
    let pin_id = app.send(app.application(), app.message(), "41793020050").await;
    assert_eq!(app.verify(&pin_id, &app.pin_of("41793020050").await).await["verified"], true);

    app.database.refuse_connections();
    until(&app, Duration::from_secs(5), "degraded", |_| true, |status, body| status == 200 && body["degraded"] == true).await;
    for sent in load.burst(9_000, COUNT).await {
        let pin = app.pin_of(&sent.to).await;
        assert_eq!(app.verify(&sent.pin_id, &pin).await["verified"], true);
    }
    let write = app.client.post("/2fa/2/applications", json!({ "name": "While away" })).await.expect(503);
    assert!(write.retry_after().is_some(), "{:?}", write.headers);

    app.database.accept_connections();
    let back = |status, body: &Value| status == 200 && body["degraded"] == false;
    until(&app, Duration::from_secs(5), "well again", |_| true, back).await;
    app.client.post("/2fa/2/applications", json!({ "name": "Back again" })).await.expect(200);
    let recorded = |kind: &str| {
        let sql = format!("SELECT count(*), count(DISTINCT pin_id) FROM events WHERE kind = '{kind}'");
        app.database.query(Role::Superuser, &sql).expect("the record answers")
    };
    let expected = format!("{0}|{0}", COUNT + 1);
    for _ in 0..100 {
        if recorded("verified") == expected {
            break;
        }
        sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(recorded("verified"), expected, "each success is recorded once");
    assert_eq!(recorded("sent"), expected, "each message is recorded once");
}

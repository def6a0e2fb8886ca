//! Logs and traces of a serving process.

use std::time::Duration;

use pinfold_testkit::{Answer, HttpPeer};
use rustix::process::Signal;
use serde_json::Value;

use crate::support::{Environment, INTERNAL_SECRET, MASTER_KEY, Serving, World, free_port};

#[test]
fn production_logs_json_lines_without_secrets() {
    let world = World::new();
    let mut serving = world.production().with("TELEMETRY__LOG_LEVEL", "trace").serve("all");
    serving.wait_until_ready();
    serving.signal(Signal::TERM);
    serving.end(Duration::from_secs(10));
    let log = serving.log();
    assert!(log.lines().count() > 3);
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(line["level"].is_string() && line["timestamp"].is_string(), "{line}");
    }
    for secret in [MASTER_KEY, INTERNAL_SECRET, "f3e2c57f0a9d4b7a8c61"] {
        assert!(!log.contains(secret), "a secret is logged");
    }
}

/// A client's trace: its id, the span that asks, and both as a header.
const TRACE: u128 = 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c;
const ASKING: u64 = 0xb7ad_6b71_6920_3331;

/// What the collector got while a PIN was sent to the gateway of an installation, which was then stopped.
fn traced(world: &World, start: impl FnOnce(&Environment) -> Vec<Serving>) -> Vec<u8> {
    let collector = HttpPeer::start();
    collector.answer(Answer::ok());
    let port = free_port();
    let environment = world.development().with("TELEMETRY__OTLP_ENDPOINT", collector.url());
    let environment = environment.with("SIMULATOR__URL", format!("http://127.0.0.1:{port}/simulator"));
    let file = world.file("demo.env");
    environment.run(&["tenant", "demo", "--env-file", &file.to_string_lossy()]).success();
    let demo = std::fs::read_to_string(file).expect("it was written");
    let value = |name: &str| demo.lines().find_map(|line| line.strip_prefix(name)).expect(name);
    let mut processes = start(&environment.clone().with("HTTP__PORT", port));
    processes.iter_mut().for_each(Serving::wait_until_ready);
    let body = serde_json::json!({
        "applicationId": value("APPLICATION_ID="), "messageId": value("MESSAGE_ID="), "to": "41793026727",
    });
    let client = reqwest::blocking::Client::builder().no_proxy().build().expect("a client");
    let request = client.post(format!("{}/2fa/2/pin", processes[0].url)).body(body.to_string());
    let request =
        request.header("content-type", "application/json").header("traceparent", format!("00-{TRACE:032x}-{ASKING:016x}-01"));
    let answer = request.header("authorization", format!("App {}", value("API_KEY="))).send().expect("it answers");
    assert_eq!(answer.status().as_u16(), 200);
    let delivered = |serving: &Serving| {
        let shown = serving.get("/simulator/api/messages?to=41793026727");
        shown.is_some_and(|(_, body)| body.contains("Your Pinfold code"))
    };
    processes[0].wait_until("delivered", Duration::from_secs(10), delivered);
    for process in &mut processes {
        process.signal(Signal::TERM);
        assert_eq!(process.end(Duration::from_secs(10)).0, Some(0), "{}", process.log());
    }
    let sent = collector.received();
    assert!(!sent.is_empty() && sent.iter().all(|request| request.path == "/v1/traces"));
    let bytes: Vec<u8> = sent.iter().flat_map(|request| request.body.to_vec()).collect();
    for secret in ["API_KEY=", "SANDBOX_API_KEY="].map(value).into_iter().chain(["41793026727", "Your Pinfold code"]) {
        assert_eq!(count(&bytes, secret.as_bytes()), 0, "{secret} leaves with the traces");
    }
    bytes
}

fn count(bytes: &[u8], part: &[u8]) -> usize {
    bytes.windows(part.len()).filter(|window| *window == part).count()
}

#[test]
fn a_trace_goes_from_the_caller_through_the_queue_to_the_connector() {
    let world = World::new();
    let bytes = traced(&world, |environment| vec![environment.serve_here("all")]);
    assert!(count(&bytes, b"POST /2fa/2/pin") > 0 && count(&bytes, b"delivery") > 0, "request and delivery are named");
    assert!(count(&bytes, &TRACE.to_be_bytes()) >= 2, "both belong to the caller's trace");
    assert_eq!(count(&bytes, &ASKING.to_be_bytes()), 1, "the request alone was asked for by the caller");
}

#[test]
fn a_trace_goes_through_every_process() {
    let world = World::new();
    let bytes = traced(&world, |environment| {
        let (config, verification) = (environment.serve("config-service"), environment.serve("verification"));
        let dispatch = environment.serve("dispatch");
        let at_gateway = environment.clone();
        let at_gateway =
            at_gateway.with("ROLES__CONFIG_SERVICE_URL", &config.url).with("ROLES__VERIFICATION_URL", &verification.url);
        let at_gateway = at_gateway.with("ROLES__DISPATCH_URL", &dispatch.url);
        vec![at_gateway.serve_here("gateway"), dispatch, verification, config]
    });
    assert!(count(&bytes, b"delivery") > 0, "the delivery is traced");
    assert!(count(&bytes, &TRACE.to_be_bytes()) >= 3, "gateway, verification and dispatch belong to the caller's trace");
    assert_eq!(count(&bytes, &ASKING.to_be_bytes()), 1, "what is behind the gateway was asked for by the gateway");
}

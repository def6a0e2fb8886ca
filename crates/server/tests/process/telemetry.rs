//! Logs and traces of a serving process.

use std::time::Duration;

use pinfold_testkit::{Answer, HttpPeer};
use rustix::process::Signal;
use serde_json::Value;

use crate::support::{INTERNAL_SECRET, MASTER_KEY, Serving, World};

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

#[test]
fn a_trace_goes_from_the_caller_through_the_queue_to_the_connector() {
    let world = World::new();
    let collector = HttpPeer::start();
    collector.answer(Answer::ok());
    let environment = world.development().with("TELEMETRY__OTLP_ENDPOINT", collector.url());
    let file = world.file("demo.env");
    environment.run(&["tenant", "demo", "--env-file", &file.to_string_lossy()]).success();
    let demo = std::fs::read_to_string(file).expect("it was written");
    let value = |name: &str| demo.lines().find_map(|line| line.strip_prefix(name)).expect(name);
    let mut serving = environment.serve("all");
    serving.wait_until_ready();
    let body = serde_json::json!({
        "applicationId": value("APPLICATION_ID="), "messageId": value("MESSAGE_ID="), "to": "41793026727",
    });
    let client = reqwest::blocking::Client::builder().no_proxy().build().expect("a client");
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let request = client.post(format!("{}/2fa/2/pin", serving.url)).body(body.to_string());
    let request = request.header("content-type", "application/json").header("traceparent", parent);
    let answer = request.header("authorization", format!("App {}", value("API_KEY="))).send().expect("it answers");
    assert_eq!(answer.status().as_u16(), 200);
    let delivered = |serving: &Serving| {
        let shown = serving.get("/simulator/api/messages?to=41793026727");
        shown.is_some_and(|(_, body)| body.contains("Your Pinfold code"))
    };
    serving.wait_until("delivered", Duration::from_secs(10), delivered);
    serving.signal(Signal::TERM);
    let (code, _) = serving.end(Duration::from_secs(10));
    assert_eq!(code, Some(0), "{}", serving.log());

    let sent = collector.received();
    assert!(!sent.is_empty() && sent.iter().all(|request| request.path == "/v1/traces"), "{}", serving.log());
    let bytes: Vec<u8> = sent.iter().flat_map(|request| request.body.to_vec()).collect();
    let count = |part: &[u8]| bytes.windows(part.len()).filter(|window| *window == part).count();
    assert!(count(b"POST /2fa/2/pin") > 0 && count(b"delivery") > 0, "request and delivery are named");
    let trace: [u8; 16] = 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128.to_be_bytes();
    assert!(count(&trace) >= 2, "both belong to the caller's trace");
    for secret in ["API_KEY=", "SANDBOX_API_KEY="].map(value).into_iter().chain(["41793026727", "Your Pinfold code"]) {
        assert_eq!(count(secret.as_bytes()), 0, "{secret} leaves with the traces");
    }
}

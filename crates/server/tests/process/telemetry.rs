//! Logs and traces of a serving process.

use std::time::Duration;

use pinfold_testkit::{Answer, HttpPeer};
use rustix::process::Signal;
use serde_json::Value;

use crate::support::{INTERNAL_SECRET, MASTER_KEY, World};

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
fn a_request_is_traced_with_its_route_and_the_callers_trace() {
    let world = World::new();
    let collector = HttpPeer::start();
    collector.answer(Answer::ok());
    let mut serving = world.development().with("TELEMETRY__OTLP_ENDPOINT", collector.url()).serve("all");
    serving.wait_until_ready();
    let client = reqwest::blocking::Client::builder().no_proxy().build().expect("a client");
    world.development().run(&["tenant", "create", "--name", "Acme"]).success();
    let key = world.development().run(&["key", "create", "--tenant", "acme", "--name", "One", "--json"]).json();
    let key = format!("App {}", key["key"].as_str().expect("a key"));
    let request = client.get(format!("{}/v1/otp/0123456789ABCDEF0123456789ABCDEF", serving.url));
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    request.header("authorization", &key).header("traceparent", parent).send().expect("it answers");
    serving.signal(Signal::TERM);
    let (code, _) = serving.end(Duration::from_secs(10));
    assert_eq!(code, Some(0), "{}", serving.log());

    let sent = collector.received();
    assert!(!sent.is_empty() && sent.iter().all(|request| request.path == "/v1/traces"), "{}", serving.log());
    let bytes: Vec<u8> = sent.iter().flat_map(|request| request.body.to_vec()).collect();
    let contains = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    assert!(contains(b"GET /v1/otp/{requestId}"), "the span is named by its route");
    assert!(contains(&[0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd]), "the caller's trace goes on");
    assert!(!contains(b"0123456789ABCDEF0123456789ABCDEF"), "no id of a PIN leaves in a path");
    assert!(!contains(key.as_bytes()) && !contains(key.trim_start_matches("App ").as_bytes()), "no key leaves");
}

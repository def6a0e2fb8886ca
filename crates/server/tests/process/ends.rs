//! How a process ends: softly with nothing lost, hard when told twice, and without a trace of memory when it crashes.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::World;

#[test]
fn a_soft_stop_is_not_ready_at_once_finishes_requests_and_exits_0() {
    let world = World::new();
    let mut serving = world.development().with("HTTP__DRAIN_SECONDS", 2).serve("all");
    serving.wait_until_ready();
    // A request whose body is still on its way, and an idle connection that must not hold anything up.
    let mut slow = TcpStream::connect(serving.address()).expect("it listens");
    let body = r#"{"grant_type":"nothing"}"#;
    let head = format!(
        "POST /auth/1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    slow.write_all(head.as_bytes()).expect("it reads");
    slow.write_all(&body.as_bytes()[..5]).expect("it reads");
    let mut idle = TcpStream::connect(serving.address()).expect("it listens");
    idle.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n").expect("it reads");
    assert!(idle.read(&mut [0; 64]).is_ok_and(|read| read > 0));

    serving.signal(Signal::TERM);
    let start = Instant::now();
    serving.wait_until("not ready", Duration::from_secs(1), |serving| !serving.ready().0);
    assert_eq!(serving.ready().1["checks"]["lifecycle"]["status"], "failed");
    assert_eq!(serving.get("/health/live").map(|(status, _)| status), Some(200), "new connections are taken for a while");
    std::thread::sleep(Duration::from_millis(2_500).saturating_sub(start.elapsed()));
    assert!(TcpStream::connect(serving.address()).is_err(), "later they are not");
    slow.write_all(&body.as_bytes()[5..]).expect("the connection is still there");
    let mut answer = String::new();
    slow.read_to_string(&mut answer).expect("the answer comes");
    assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
    let (code, _) = serving.end(Duration::from_secs(5));
    assert_eq!(code, Some(0), "{}", serving.log());
}

#[test]
fn every_role_ends_softly_within_seconds() {
    let world = World::new();
    let elsewhere = "http://127.0.0.1:9";
    let environment = world.development().with("ROLES__CONFIG_SERVICE_URL", elsewhere).with("ROLES__VERIFICATION_URL", elsewhere);
    let environment = environment.with("ROLES__DISPATCH_URL", elsewhere);
    for (role, signal) in [
        ("all", Signal::INT),
        ("gateway", Signal::TERM),
        ("config-service", Signal::TERM),
        ("verification", Signal::INT),
        ("dispatch", Signal::TERM),
    ] {
        let mut serving = environment.serve(role);
        serving.wait_until_ready();
        serving.signal(signal);
        let (code, took) = serving.end(Duration::from_secs(10));
        assert_eq!(code, Some(0), "{role} in {took:?}: {}", serving.log());
    }
}

#[test]
fn an_open_stream_of_events_holds_nothing_up() {
    let world = World::new();
    let mut serving = world.development().serve("all");
    serving.wait_until_ready();
    let mut stream = TcpStream::connect(serving.address()).expect("it listens");
    stream.write_all(b"GET /simulator/api/events HTTP/1.1\r\nHost: x\r\n\r\n").expect("it reads");
    let mut beginning = [0; 15];
    stream.read_exact(&mut beginning).expect("it answers");
    assert_eq!(&beginning, b"HTTP/1.1 200 OK");
    serving.signal(Signal::TERM);
    let (code, took) = serving.end(Duration::from_secs(5));
    assert_eq!(code, Some(0), "in {took:?}: {}", serving.log());
}

#[test]
fn a_stop_while_the_servers_are_away_still_ends() {
    let mut world = World::new();
    let mut serving = world.development().serve("all");
    serving.wait_until_ready();
    world.redis.kill();
    world.database.refuse_connections();
    std::thread::sleep(Duration::from_millis(500));
    serving.signal(Signal::TERM);
    let (code, took) = serving.end(Duration::from_secs(29));
    assert_eq!(code, Some(0), "in {took:?}: {}", serving.log());
}

#[test]
fn a_second_signal_ends_at_once_with_its_code() {
    let world = World::new();
    for (second, expected) in [(Signal::TERM, 143), (Signal::INT, 130)] {
        let mut serving = world.development().with("HTTP__DRAIN_SECONDS", 20).serve("all");
        serving.wait_until_ready();
        serving.signal(Signal::TERM);
        serving.wait_until("not ready", Duration::from_secs(1), |serving| !serving.ready().0);
        serving.signal(second);
        let (code, took) = serving.end(Duration::from_secs(2));
        assert_eq!(code, Some(expected), "in {took:?}: {}", serving.log());
    }
}

#[test]
fn a_crash_leaves_no_core_file() {
    let world = World::new();
    let mut serving = world.development().serve("all");
    serving.wait_until_ready();
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", serving.child.id())).expect("Linux tells");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("there is a limit");
    assert_eq!(core.split_whitespace().rev().nth(1), Some("0"), "{core}");
    assert_eq!(core.split_whitespace().rev().nth(2), Some("0"), "{core}");
    serving.signal(Signal::ABORT);
    use std::os::unix::process::ExitStatusExt;
    let status = serving.child.wait().expect("it is our child");
    assert!(status.signal() == Some(6) && !status.core_dumped(), "{status:?}");
}

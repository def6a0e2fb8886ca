//! Addresses that tenants name for webhooks lead outside or nowhere.

use std::time::Duration;

use pinfold_channels::{Callbacks, Reply, check_callback};
use pinfold_testkit::{Answer, HttpPeer};
use tokio::net::TcpListener;
use tokio::time::Instant;

/// Spellings of the inside; `PORT` is where somebody listens. Those that are no address at all are refused alike.
const INSIDE: [&str; 60] = [
    // Loopback in all spellings.
    "https://127.0.0.1:PORT/",
    "https://127.0.0.2:PORT/",
    "https://127.255.255.254:PORT/",
    "https://127.1:PORT/",
    "https://127.0.1:PORT/",
    "https://2130706433:PORT/",
    "https://0x7f000001:PORT/",
    "https://0x7f.0x0.0x0.0x1:PORT/",
    "https://0177.0.0.1:PORT/",
    "https://017700000001:PORT/",
    "https://0:PORT/",
    "https://0.0.0.0:PORT/",
    "https://127.0.0.1.:PORT/",
    "https://①②⑦.⓪.⓪.①:PORT/",
    "https://127。0。0。1:PORT/",
    "https://%31%32%37.0.0.1:PORT/",
    "https://[::1]:PORT/",
    "https://[::]:PORT/",
    "https://[0:0:0:0:0:0:0:1]:PORT/",
    "https://[0000::0001]:PORT/",
    "https://[::ffff:127.0.0.1]:PORT/",
    "https://[::ffff:7f00:1]:PORT/",
    "https://[::127.0.0.1]:PORT/",
    "https://[64:ff9b::127.0.0.1]:PORT/",
    "https://[64:ff9b:1::7f00:1]:PORT/",
    "https://[2002:7f00:1::]:PORT/",
    "https://[2001:0:7f00:1::]:PORT/",
    "https://[fe80::1%25lo]:PORT/",
    "https://[fe80::1]:PORT/",
    // Names of this machine.
    "https://localhost:PORT/",
    "https://localhost.:PORT/",
    "https://LOCALHOST:PORT/",
    "https://ⓛocalhost:PORT/",
    "https://a.localhost:PORT/",
    // Private, shared, link-local, metadata.
    "https://10.0.0.1:PORT/",
    "https://172.16.0.1:PORT/",
    "https://172.31.255.254:PORT/",
    "https://192.168.0.1:PORT/",
    "https://100.64.0.1:PORT/",
    "https://100.100.100.200/latest/meta-data",
    "https://169.254.0.1:PORT/",
    "https://169.254.169.254/latest/meta-data",
    "https://168.63.129.16/machine",
    "https://192.0.0.192/",
    "https://[fd00:ec2::254]/latest/meta-data",
    "https://[::ffff:169.254.169.254]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[fc00::1]:PORT/",
    "https://[ff02::1]:PORT/",
    "https://224.0.0.1:PORT/",
    "https://255.255.255.255:PORT/",
    // Hidden behind a user name, another scheme, another port.
    "https://example.com@127.0.0.1:PORT/",
    "https://user:password@example.com:PORT/",
    "http://example.com:PORT/",
    "ftp://127.0.0.1:PORT/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:PORT/_x",
    "https://example.com:22/",
    "https://example.com:0/",
    "https://example.com:6379@127.0.0.1:PORT/#x",
];

fn refused() -> Reply {
    Reply { status: None, reason: Some("address_refused".into()), retry_after: None }
}

/// Names of this machine that do not say so: what its own list leads inside with.
fn inner_names() -> Vec<String> {
    let hosts = std::fs::read_to_string("/etc/hosts").unwrap_or_default();
    let lines = hosts.lines().map(|line| line.split('#').next().unwrap_or_default().split_whitespace());
    let inner = lines.filter_map(|mut words| {
        let address: std::net::IpAddr = words.next()?.parse().ok()?;
        (!pinfold_channels::address::is_public(address)).then(|| words.map(str::to_owned).collect::<Vec<_>>())
    });
    inner.flatten().filter(|name| name != "localhost" && !name.ends_with(".localhost")).collect()
}

#[tokio::test]
async fn every_spelling_of_the_inside_is_refused_before_a_connection() {
    let canary = TcpListener::bind(("::", 0)).await.unwrap();
    let open = canary.local_addr().unwrap().port();
    let closed = TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap().port();
    let callbacks = Callbacks::new(Duration::from_secs(2), false);
    for spelling in INSIDE {
        let on = |port: u16| spelling.replace("PORT", &port.to_string());
        let [told, told_closed] = [open, closed].map(|port| check_callback(&on(port), false));
        assert_eq!(told, told_closed, "{spelling}: what is said depends on the port");
        assert!(told.is_err(), "{spelling} may be configured");
        for port in [open, closed] {
            assert_eq!(callbacks.post(&on(port), &[], b"{}".to_vec()).await, refused(), "{spelling}");
        }
    }
    // Of other names only the resolver knows where they lead: they may be configured, and are refused when it has said so.
    for name in inner_names() {
        for port in [open, closed] {
            let url = format!("https://{name}:{port}/");
            assert_eq!(check_callback(&url, false), Ok(()), "{url}");
            assert_eq!(callbacks.post(&url, &[], b"{}".to_vec()).await, refused(), "{url}");
        }
    }
    let reached = tokio::time::timeout(Duration::from_millis(100), canary.accept()).await;
    assert!(reached.is_err(), "a canary was reached");
}

#[tokio::test]
async fn an_open_port_cannot_be_told_from_a_closed_one_by_time() {
    let canary = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let open = canary.local_addr().unwrap().port();
    let closed = TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap().port();
    let callbacks = Callbacks::new(Duration::from_secs(2), false);
    for host in ["127.0.0.1".to_owned()].into_iter().chain(inner_names().into_iter().take(1)) {
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..200 {
            for (port, times) in [open, closed].into_iter().zip(&mut times) {
                let started = Instant::now();
                callbacks.post(&format!("https://{host}:{port}/"), &[], b"{}".to_vec()).await;
                times.push(started.elapsed());
            }
        }
        let [open, closed] = times.map(|mut times| {
            times.sort();
            times[100].as_secs_f64()
        });
        assert!((0.5..2.0).contains(&(open / closed)), "{host}: {open} s open, {closed} s closed");
    }
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_not_a_way() {
    let (receiver, inside) = (HttpPeer::start(), HttpPeer::start());
    let callbacks = Callbacks::new(Duration::from_secs(2), true);
    for status in [301, 302, 303, 307, 308] {
        receiver.answer_once(Answer::status(status).header("location", &inside.url()));
        let reply = callbacks.post(&receiver.url(), &[], b"{}".to_vec()).await;
        assert_eq!((reply.status, reply.reason.as_deref()), (Some(status), Some(format!("http_{status}").as_str())));
    }
    assert_eq!(inside.received().len(), 0);
}

#[tokio::test]
async fn a_body_without_end_is_not_read() {
    let receiver = HttpPeer::start();
    let callbacks = Callbacks::new(Duration::from_secs(2), true);
    for answer in [Answer::ok().huge(u64::MAX / 2), Answer::ok().dripping("x".repeat(1_000), Duration::from_secs(1))] {
        receiver.answer_once(answer);
        let started = Instant::now();
        let reply = callbacks.post(&receiver.url(), &[], b"{}".to_vec()).await;
        assert_eq!((reply.status, reply.reason), (Some(200), None));
        assert!(started.elapsed() < Duration::from_secs(1));
    }
    receiver.answer_once(Answer::silence());
    let reply = callbacks.post(&receiver.url(), &[], b"{}".to_vec()).await;
    assert_eq!((reply.status, reply.reason.as_deref()), (None, Some("timeout")));
}

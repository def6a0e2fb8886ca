//! Private Redis servers are apart, keep what they promised, and end with their test.

use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{self, Command};
use std::thread;
use std::time::Duration;

use pinfold_testkit::{AppendOnly, Redis, RedisServer};
use url::Url;

fn ask(server: &RedisServer, command: &str) -> String {
    let url = Url::parse(&server.url()).expect("the server's URL is valid");
    let address = (url.host_str().expect("it has a host"), url.port().expect("it has a port"));
    let mut connection = TcpStream::connect(address).expect("the server listens");
    let login = url.password().map(|password| format!("AUTH {password}\r\n")).unwrap_or_default();
    let select = format!("SELECT {}\r\n", url.path().trim_start_matches('/'));
    write!(connection, "{login}{select}{command}\r\n").expect("the server reads");
    let skip = if login.is_empty() { 1 } else { 2 };
    let mut answers = BufReader::new(connection).lines().skip(skip).map_while(Result::ok);
    let first = answers.next().expect("the server answers");
    if first.starts_with('$') { answers.next().unwrap_or_default() } else { first }
}

#[test]
fn servers_are_apart() {
    let (one, other) = (Redis::fresh(), Redis::fresh());
    assert_eq!(ask(&one, "SET name one"), "+OK");
    assert_eq!(ask(&one, "GET name"), "one");
    assert_eq!(ask(&other, "DBSIZE"), ":0");
}

#[test]
fn a_killed_server_comes_back_with_what_it_had_synced() {
    let mut server = Redis::private().append_only(AppendOnly::Always).start();
    ask(&server, "SET name kept");
    let before = server.process_id();
    server.kill();
    assert_eq!(server.process_id(), None);
    server.restart();
    assert_ne!(server.process_id(), before);
    assert_eq!(ask(&server, "GET name"), "kept");
}

#[test]
fn memory_can_be_limited() {
    let server = Redis::private().append_only(AppendOnly::Off).max_memory("2mb", "noeviction").start();
    // A command in one line may have 64 KiB.
    let value = "x".repeat(30_000);
    let refused = (0..130).any(|number| ask(&server, &format!("SET key{number} {value}")).starts_with("-OOM"));
    assert!(refused);
}

#[test]
#[ignore = "run by the next test, in a process of its own"]
fn start_a_server_and_crash() {
    let server = Redis::private().start();
    writeln!(io::stdout(), "\n{}", server.url()).expect("somebody reads");
    process::abort();
}

#[test]
fn a_server_does_not_outlive_a_test_that_crashes() {
    let this = std::env::current_exe().expect("a test has an executable");
    let output = Command::new(this).args(["--exact", "start_a_server_and_crash", "--ignored", "--nocapture"]).output();
    let output = String::from_utf8(output.expect("the test runs").stdout).expect("the output is text");
    let url = output.lines().find(|line| line.starts_with("redis://")).expect("the server was started");
    let port = Url::parse(url).ok().and_then(|url| url.port()).expect("the URL has a port");
    let is_gone = (0..100).any(|_| {
        thread::sleep(Duration::from_millis(20));
        TcpStream::connect(("127.0.0.1", port)).is_err()
    });
    assert!(is_gone);
}

#[test]
fn a_wrong_password_is_refused() {
    let server = Redis::private().start();
    let url = Url::parse(&server.url()).expect("the server's URL is valid");
    let mut connection = TcpStream::connect(("127.0.0.1", url.port().expect("it has a port"))).expect("the server listens");
    connection.write_all(b"PING\r\n").expect("the server reads");
    let mut answer = String::new();
    BufReader::new(connection).read_line(&mut answer).expect("the server answers");
    assert!(answer.starts_with("-NOAUTH"), "{answer}");
}

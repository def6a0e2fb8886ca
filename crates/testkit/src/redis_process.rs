//! One `redis-server` process that cannot outlive the test process, not even a killed one.

use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::redis_wire::ask;

const ATTEMPTS: usize = 5;
const POLL: Duration = Duration::from_millis(3);
const POLLS: usize = 10_000 / 3;

#[derive(Debug)]
pub(crate) struct RedisProcess {
    server: Child,
    guard: Child,
}

impl RedisProcess {
    /// Starts a server on a free port; returns the port.
    pub(crate) fn start(directory: &Path, password: &str, settings: &str) -> (Self, u16) {
        for _ in 0..ATTEMPTS {
            let port = free_port();
            if let Some(process) = Self::start_on(port, directory, password, settings) {
                return (process, port);
            }
        }
        panic!("redis-server did not start: {}", log(directory));
    }

    /// Starts a server on the port; nothing if the port was taken meanwhile.
    pub(crate) fn start_on(port: u16, directory: &Path, password: &str, settings: &str) -> Option<Self> {
        let file = directory.join("redis.conf");
        let settings = format!("bind 127.0.0.1\nport {port}\nrequirepass {password}\n{settings}");
        let is_sentinel = settings.lines().any(|line| line.starts_with("sentinel "));
        fs::write(&file, settings).expect("the temporary directory is writable");
        let mut server = Command::new("redis-server")
            .arg(&file)
            .args(is_sentinel.then_some("--sentinel"))
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("redis-server: {error}; `sh scripts/ci/install.sh` installs it"));
        let guard = guard(server.id());
        for _ in 0..POLLS {
            let answers = ask((Ipv4Addr::LOCALHOST, port), &[&format!("AUTH {password}"), "PING"]);
            if answers.is_ok_and(|lines| lines == ["+OK", "+PONG"]) {
                return Some(Self { server, guard });
            }
            if server.try_wait().expect("the server is our child").is_some() {
                drop(Self { server, guard });
                return None;
            }
            thread::sleep(POLL);
        }
        drop(Self { server, guard });
        panic!("redis-server did not become ready: {}", log(directory));
    }

    pub(crate) fn id(&self) -> u32 {
        self.server.id()
    }
}

impl Drop for RedisProcess {
    fn drop(&mut self) {
        // Neither can fail in a way that matters: the process is gone already, or the guard ends it.
        let _ = self.server.kill();
        let _ = self.server.wait();
        if let Some(mut relieve) = self.guard.stdin.take() {
            let _ = relieve.write_all(b"\n");
        }
        let _ = self.guard.wait();
    }
}

/// Kills the server when this process ends without having said so: the pipe then closes without a line.
fn guard(server: u32) -> Child {
    Command::new("sh")
        .args(["-c", "read -r line || kill -9 \"$0\"", &server.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("every system has a shell")
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has free ports");
    listener.local_addr().expect("a bound socket has an address").port()
}

fn log(directory: &Path) -> String {
    fs::read_to_string(directory.join("redis.log")).unwrap_or_default()
}

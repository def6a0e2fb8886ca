//! A Redis of its own for every test, started in milliseconds; or a logical database of a given one.

use std::fs::{File, TryLockError};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use tempfile::TempDir;
use url::Url;

use crate::checkout::lock_file;
use crate::redis_process::RedisProcess;
use crate::redis_wire::ask;

const PASSWORD: &str = "pinfold-test";
/// A given server's logical databases that tests may empty: all of the usual sixteen but the default one.
const GIVEN_DATABASES: std::ops::RangeInclusive<u8> = 1..=15;

/// How often a server syncs its append-only file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendOnly {
    /// No file at all: a restart forgets everything.
    Off,
    /// Once a second, as in production's standard durability.
    EverySecond,
    /// Before every answer.
    Always,
}

/// What the server of a test shall be like.
#[derive(Clone, Debug)]
pub struct Redis {
    append_only: AppendOnly,
    memory: String,
    follows: String,
}

/// A running server; stops with the test.
#[derive(Debug)]
pub struct RedisServer(Place);

#[derive(Debug)]
enum Place {
    Private { process: Option<RedisProcess>, port: u16, directory: TempDir, settings: String },
    Given { url: Url, _lock: File },
}

impl Redis {
    /// A server as production has it by default: own process, append-only file once a second, no eviction.
    /// With `TEST_REDIS_URL`, an emptied logical database of that server instead, which cannot be killed.
    pub fn fresh() -> RedisServer {
        match std::env::var_os("TEST_REDIS_URL") {
            Some(url) => RedisServer::given(&url.to_string_lossy()),
            None => Self::private().start(),
        }
    }

    /// Describes a private server; always an own process, whatever the environment says.
    pub fn private() -> Self {
        Self { append_only: AppendOnly::EverySecond, memory: "maxmemory-policy noeviction\n".into(), follows: String::new() }
    }

    /// How often the append-only file is synced.
    pub fn append_only(mut self, append_only: AppendOnly) -> Self {
        self.append_only = append_only;
        self
    }

    /// A memory limit such as `3mb`, and what happens at it, such as `allkeys-lru`.
    pub fn max_memory(mut self, limit: &str, policy: &str) -> Self {
        self.memory = format!("maxmemory {limit}\nmaxmemory-policy {policy}\n");
        self
    }

    /// Makes it a replica of a private server.
    pub fn replica_of(mut self, server: &RedisServer) -> Self {
        self.follows = format!("replicaof 127.0.0.1 {}\n", server.port());
        self
    }

    /// Starts the server.
    pub fn start(self) -> RedisServer {
        let persistence = match self.append_only {
            AppendOnly::Off => "appendonly no",
            AppendOnly::EverySecond => "appendonly yes\nappendfsync everysec",
            AppendOnly::Always => "appendonly yes\nappendfsync always",
        };
        let Self { memory, follows, .. } = self;
        // Any of them may come to follow another, at once.
        let replication = format!("masterauth {PASSWORD}\nrepl-diskless-sync-delay 0\n{follows}");
        let settings = format!("save \"\"\nlogfile redis.log\n{persistence}\n{replication}{memory}");
        let directory = tempfile::tempdir().expect("there is a writable temporary directory");
        let (process, port) = RedisProcess::start(directory.path(), PASSWORD, &settings);
        RedisServer(Place::Private { process: Some(process), port, directory, settings })
    }
}

impl RedisServer {
    /// The URL, password and database included.
    pub fn url(&self) -> String {
        match &self.0 {
            Place::Private { port, .. } => format!("redis://default:{PASSWORD}@127.0.0.1:{port}/0"),
            Place::Given { url, .. } => url.to_string(),
        }
    }

    /// The port of a private server.
    pub fn port(&self) -> u16 {
        match &self.0 {
            Place::Private { port, .. } => *port,
            Place::Given { .. } => panic!("the server of TEST_REDIS_URL is not ours: use Redis::private()"),
        }
    }

    /// Stops the process in its tracks (`SIGSTOP`): its connections stay, and nothing comes back.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Lets a frozen process go on.
    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self.process_id().expect("it runs").to_string();
        let status = Command::new("kill").args([signal, &id]).status().expect("every system has kill");
        assert!(status.success(), "kill {signal} {id}");
    }

    /// Where the server keeps its files; none for a given one.
    pub fn directory(&self) -> Option<&Path> {
        match &self.0 {
            Place::Private { directory, .. } => Some(directory.path()),
            Place::Given { .. } => None,
        }
    }

    /// The server's process id, as long as it runs.
    pub fn process_id(&self) -> Option<u32> {
        match &self.0 {
            Place::Private { process, .. } => process.as_ref().map(RedisProcess::id),
            Place::Given { .. } => None,
        }
    }

    /// Kills the process (`SIGKILL`); its files stay for a restart.
    pub fn kill(&mut self) {
        match &mut self.0 {
            Place::Private { process, .. } => *process = None,
            Place::Given { .. } => panic!("the server of TEST_REDIS_URL is not ours to kill: use Redis::private()"),
        }
    }

    /// Kills the process if it runs, and starts it again on the same port with the files it left.
    pub fn restart(&mut self) {
        self.kill();
        if let Place::Private { process, port, directory, settings } = &mut self.0 {
            let started = RedisProcess::start_on(*port, directory.path(), PASSWORD, settings);
            *process = Some(started.expect("the port is still free"));
        }
    }

    fn given(url: &str) -> Self {
        let mut url = Url::parse(url).unwrap_or_else(|error| panic!("TEST_REDIS_URL: {error}"));
        let addresses = url.socket_addrs(|| Some(6379)).unwrap_or_else(|error| panic!("TEST_REDIS_URL: {error}"));
        let (database, lock) = free_database();
        url.set_path(&database.to_string());
        empty(&addresses, &url, database);
        Self(Place::Given { url, _lock: lock })
    }
}

/// Three Sentinels that watch over a private server: down after a second, a failover by two of them.
#[derive(Debug)]
pub struct Sentinels(Vec<(RedisProcess, u16, TempDir)>);

impl Sentinels {
    /// Starts them; they know the server as `name`.
    pub fn of(server: &RedisServer, name: &str) -> Self {
        let settings = [
            format!("logfile redis.log\nsentinel monitor {name} 127.0.0.1 {} 2", server.port()),
            format!("sentinel auth-pass {name} {PASSWORD}\nsentinel sentinel-pass {PASSWORD}"),
            format!("sentinel down-after-milliseconds {name} 1000\nsentinel failover-timeout {name} 5000\n"),
        ]
        .join("\n");
        let one = |_| {
            let directory = tempfile::tempdir().expect("there is a writable temporary directory");
            let (process, port) = RedisProcess::start(directory.path(), PASSWORD, &settings);
            (process, port, directory)
        };
        Self((0..3).map(one).collect())
    }

    /// Their addresses, passwords included.
    pub fn urls(&self) -> String {
        let url = |(_, port, _): &(_, u16, _)| format!("redis://default:{PASSWORD}@127.0.0.1:{port}");
        self.0.iter().map(url).collect::<Vec<_>>().join(",")
    }

    /// What a client of the server that they know as `name` has for an address.
    pub fn master_url(name: &str) -> String {
        format!("redis://default:{PASSWORD}@{name}/0")
    }
}

/// Waits for a logical database that no other test uses; its lock lasts as long as the test.
fn free_database() -> (u8, File) {
    loop {
        for database in GIVEN_DATABASES {
            let lock = lock_file(&format!("redis-{database}.lock"));
            match lock.try_lock() {
                Ok(()) => return (database, lock),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => panic!("a local file can be locked: {error}"),
            }
        }
        thread::sleep(Duration::from_millis(20));
    }
}

fn empty(addresses: &[SocketAddr], url: &Url, database: u8) {
    let user = if url.username().is_empty() { "default" } else { url.username() };
    let login = url.password().map(|password| format!("AUTH {user} {password}"));
    let select = format!("SELECT {database}");
    let commands: Vec<&str> = login.as_deref().into_iter().chain([select.as_str(), "FLUSHDB"]).collect();
    let answers = ask(addresses, &commands).unwrap_or_else(|error| panic!("TEST_REDIS_URL: {error}"));
    assert!(answers.iter().all(|answer| answer == "+OK"), "TEST_REDIS_URL: {answers:?}");
}

//! The executable, run with an environment of its own.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use pinfold_testkit::{Database, Postgres, Redis, RedisServer, Role};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// Nobody's secrets: random bytes made for these tests.
pub const MASTER_KEY: &str = "oCLyJ5DqNVFf3pOpjVbh5bLXDZzYfxq0sUW3H3Gm2Ks=";
pub const INTERNAL_SECRET: &str = "b1946ac92492d2347c6235b4d2611184";

/// What one run of a command gave.
#[derive(Debug)]
pub struct Outcome {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    /// Standard output of a command that must have succeeded.
    pub fn success(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.stdout
    }

    /// The complaints of a command that must have been refused.
    pub fn refusal(self) -> String {
        assert_eq!(self.code, Some(1), "{self:?}");
        self.stderr
    }

    pub fn json(self) -> Value {
        serde_json::from_str(&self.success()).expect("the command prints JSON")
    }
}

/// Variables for the executable; nothing else of this process' environment reaches it.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.0.insert(format!("PINFOLD__{name}"), value.to_string());
        self
    }

    /// A variable that is no setting.
    pub fn with_plain(mut self, name: &str, value: &str) -> Self {
        self.0.insert(name.to_owned(), value.to_owned());
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.0.remove(&format!("PINFOLD__{name}"));
        self
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pinfold"));
        command.args(arguments).env_clear().envs(&self.0).stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Outcome {
        let output = self.command(arguments).output().expect("the executable starts");
        let text = |bytes| String::from_utf8(bytes).expect("the executable prints text");
        Outcome { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Starts a serving process on a port of its own.
    pub fn serve(&self, role: &str) -> Serving {
        self.clone().with("HTTP__PORT", free_port()).serve_here(role)
    }

    /// Starts a serving process on the port of this environment.
    pub fn serve_here(&self, role: &str) -> Serving {
        self.serve_with(&["--role", role])
    }

    /// Starts a serving process on the port of this environment, with these arguments.
    pub fn serve_with(&self, arguments: &[&str]) -> Serving {
        let port = &self.0["PINFOLD__HTTP__PORT"];
        let log = tempfile::NamedTempFile::new().expect("the temporary directory is writable");
        let mut command = self.command(&[&["serve"], arguments].concat());
        let child = command.stdout(Stdio::null()).stderr(log.reopen().expect("it was just made")).spawn();
        Serving { child: child.expect("the executable starts"), url: format!("http://127.0.0.1:{port}"), log }
    }
}

/// A serving process; killed with the value.
pub struct Serving {
    pub child: Child,
    pub url: String,
    log: tempfile::NamedTempFile,
}

impl Serving {
    pub fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.log.path()).expect("the log is there")
    }

    /// Status and body of a page; nothing when nobody answers.
    pub fn get(&self, path: &str) -> Option<(u16, String)> {
        let client = reqwest::blocking::Client::builder().timeout(Duration::from_secs(5)).no_proxy().build();
        let answer = client.expect("a client").get(format!("{}{path}", self.url)).send().ok()?;
        Some((answer.status().as_u16(), answer.text().ok()?))
    }

    /// The readiness and what it says.
    pub fn ready(&self) -> (bool, Value) {
        let Some((status, body)) = self.get("/health/ready") else { return (false, Value::Null) };
        (status == 200, serde_json::from_str(&body).expect("readiness is JSON"))
    }

    /// Waits until `holds`, and says how long that took.
    pub fn wait_until(&mut self, what: &str, limit: Duration, holds: impl Fn(&Self) -> bool) -> Duration {
        let start = Instant::now();
        while !holds(self) {
            let ended = self.child.try_wait().expect("it is our child");
            assert!(ended.is_none() && start.elapsed() < limit, "not {what} ({ended:?}): {}\n{}", self.ready().1, self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        start.elapsed()
    }

    pub fn wait_until_ready(&mut self) {
        self.wait_until("ready", Duration::from_secs(20), |serving| serving.ready().0);
    }

    pub fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).expect("a process id");
        kill_process(id, signal).expect("it is our child");
    }

    /// Waits for its end: the exit code and how long it took.
    pub fn end(&mut self, limit: Duration) -> (Option<i32>, Duration) {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("it is our child") {
                return (status.code(), start.elapsed());
            }
            assert!(start.elapsed() < limit, "it does not end:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A PostgreSQL database and a Redis of one test, and the variables that lead there.
pub struct World {
    pub database: Database,
    pub redis: RedisServer,
    pub directory: TempDir,
}

impl World {
    /// With all migrations.
    pub fn new() -> Self {
        Self::with_database(Postgres::shared().fresh_database(Some(&migrated())))
    }

    /// With an empty database.
    pub fn empty() -> Self {
        Self::with_database(Postgres::shared().fresh_database(None))
    }

    fn with_database(database: Database) -> Self {
        let directory = tempfile::tempdir().expect("the temporary directory is writable");
        Self { database, redis: Redis::private().start(), directory }
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// A development installation.
    pub fn development(&self) -> Environment {
        development(&self.database, &self.redis)
    }

    /// An installation that production accepts.
    pub fn production(&self) -> Environment {
        self.development()
            .with("PROFILE", "production")
            .with("HTTP__PUBLIC_URL", "https://pin.example.com")
            .with("TELEMETRY__METRICS_TOKEN", "f3e2c57f0a9d4b7a8c61")
    }
}

fn development(database: &Database, redis: &RedisServer) -> Environment {
    secrets()
        .with("POSTGRES__URL", database.url_for(Role::Service))
        .with("POSTGRES__ADMIN_URL", database.url_for(Role::Owner))
        .with("REDIS__URL", redis.url())
        .with("HTTP__WORKERS", 2)
}

/// A development installation whose servers are away.
pub fn nowhere() -> Environment {
    secrets()
        .with("POSTGRES__URL", format!("postgres://pinfold_service:x@127.0.0.1:{}/pinfold", free_port()))
        .with("REDIS__URL", format!("redis://:x@127.0.0.1:{}", free_port()))
}

fn secrets() -> Environment {
    Environment::default()
        .with("PROFILE", "development")
        .with("SECURITY__MASTER_KEY", MASTER_KEY)
        .with("SECURITY__INTERNAL_SECRET", INTERNAL_SECRET)
}

pub fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
    listener.local_addr().expect("it is bound").port()
}

/// The name of a migrated database, made once for all test processes by the executable itself.
fn migrated() -> String {
    let migrations = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations");
    let mut files: Vec<_> = fs::read_dir(migrations).expect("the migrations").flatten().map(|entry| entry.path()).collect();
    files.sort();
    let mut hasher = DefaultHasher::new();
    files.iter().for_each(|file| fs::read(file.join("up.sql")).unwrap_or_default().hash(&mut hasher));
    let prepare = async |database: &Database| {
        development(database, &Redis::private().start()).run(&["migrate"]).success();
    };
    let template = async move { Postgres::shared().template(&format!("process_{:016x}", hasher.finish()), prepare).await };
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(template)
}

//! One process of the executable.

use std::collections::BTreeMap;
use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// How long a process may take to become ready, or to stop.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running role.
pub struct Process {
    pub roles: String,
    pub port: u16,
    pub log: PathBuf,
    environment: BTreeMap<String, String>,
    child: Option<Child>,
}

/// A port nobody listens on.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("loopback has a free port");
    listener.local_addr().expect("a bound listener has an address").port()
}

/// Runs a command of the executable to its end.
pub fn run(environment: &BTreeMap<String, String>, arguments: &[&str]) -> (ExitStatus, String) {
    let output = command(environment).args(arguments).output().expect("the executable runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status, text)
}

fn command(environment: &BTreeMap<String, String>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pinfold"));
    let inherited = std::env::vars_os().filter(|(name, _)| !name.to_string_lossy().starts_with("PINFOLD_"));
    command.env_clear().envs(inherited).envs(environment).stdin(Stdio::null());
    command
}

impl Process {
    /// Starts roles on a free port; does not wait.
    pub fn start(roles: &str, port: u16, directory: &Path, environment: &BTreeMap<String, String>) -> Self {
        let mut environment = environment.clone();
        environment.insert("PINFOLD__HTTP__PORT".into(), port.to_string());
        let log = directory.join(format!("{}-{port}.log", roles.replace(',', "+")));
        let mut process = Self { roles: roles.to_owned(), port, log, environment, child: None };
        process.restart();
        process
    }

    /// Starts it again, after a kill or a stop.
    pub fn restart(&mut self) {
        let log = File::options().create(true).append(true).open(&self.log).expect("the test's directory takes files");
        let errors = log.try_clone().expect("a file can be shared");
        let child = command(&self.environment).args(["serve", "--role", &self.roles]).stdout(log).stderr(errors).spawn();
        self.child = Some(child.expect("the executable starts"));
    }

    /// Whether it runs a role.
    pub fn runs(&self, role: &str) -> bool {
        self.roles == "all" || self.roles.split(',').any(|known| known == role)
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn id(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::id)
    }

    /// Waits for `/health/ready`.
    pub async fn ready(&mut self) {
        let client = reqwest::Client::builder().timeout(Duration::from_secs(2)).build().expect("a client");
        let url = format!("{}/health/ready", self.url());
        for _ in 0..PATIENCE.as_millis() / 50 {
            if let Some(status) = self.child.as_mut().and_then(|child| child.try_wait().ok().flatten()) {
                panic!("{} ended with {status}:\n{}", self.roles, self.log_text());
            }
            if client.get(&url).send().await.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{} did not become ready:\n{}", self.roles, self.log_text());
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Sends a signal by name, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args([format!("-{name}"), self.id().to_string()]).status();
        assert!(status.is_ok_and(|status| status.success()), "kill -{name}");
    }

    /// Waits for the end.
    pub async fn ended(&mut self) -> ExitStatus {
        for _ in 0..PATIENCE.as_millis() / 20 {
            if let Some(status) = self.child.as_mut().and_then(|child| child.try_wait().ok().flatten()) {
                self.child = None;
                return status;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{} does not end:\n{}", self.roles, self.log_text());
    }

    pub fn log_text(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

//! Settings of the hot state.

use std::time::Duration;

use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

/// How Redis is reached and what it keeps.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Address: `redis://[:password@]host:port[/db]`, `rediss://…` for TLS, `redis+unix:///path`; in cluster mode one or
    /// several nodes, separated by commas; with Sentinel, the master's name in the place of host and port.
    pub url: SecretString,
    /// One server, one that Sentinel names, or a cluster.
    pub mode: Mode,
    /// The addresses of Sentinel, separated by commas.
    pub sentinels: SecretString,
    /// Buckets that tenants are spread over; fixed at installation.
    pub partitions: u16,
    /// How long a PIN's end stays readable after its life, in seconds.
    pub retention_seconds: u64,
    /// Most messages waiting in one partition before a send is refused.
    pub backlog: u32,
    /// Most of them that one tenant may have waiting for their turn, in percent.
    pub tenant_backlog_percent: u8,
    /// Most dead letters kept in one partition.
    pub dead_letters: u32,
    /// Longest wait for an answer, in milliseconds.
    pub response_timeout_ms: u64,
}

/// The kind of Redis.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// One server.
    #[default]
    Single,
    /// The master that Sentinel names.
    Sentinel,
    /// Redis Cluster.
    Cluster,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            url: "redis://127.0.0.1:6379".to_owned().into(),
            mode: Mode::Single,
            sentinels: SecretString::default(),
            partitions: 16,
            retention_seconds: 3_600,
            backlog: 100_000,
            tenant_backlog_percent: 75,
            dead_letters: 10_000,
            response_timeout_ms: 900,
        }
    }
}

impl Settings {
    /// What is wrong with the settings, if anything.
    ///
    /// # Errors
    /// One clear sentence for each fault.
    pub fn check(&self) -> Result<(), Vec<String>> {
        let mut faults = Vec::new();
        if !(1..=100).contains(&self.partitions) {
            faults.push("redis.partitions must be between 1 and 100".to_owned());
        }
        if !(1..=604_800).contains(&self.retention_seconds) {
            faults.push("redis.retention_seconds must be between 1 and 604800".to_owned());
        }
        if !(100..=2_000).contains(&self.response_timeout_ms) {
            faults.push("redis.response_timeout_ms must be between 100 and 2000".to_owned());
        }
        if self.backlog == 0 {
            faults.push("redis.backlog must be at least 1".to_owned());
        }
        if !(1..=100).contains(&self.tenant_backlog_percent) {
            faults.push("redis.tenant_backlog_percent must be between 1 and 100".to_owned());
        }
        if self.nodes().any(|node| redis::Client::open(node).is_err()) {
            faults.push("redis.url must be an address such as redis://:password@127.0.0.1:6379".to_owned());
        }
        match self.mode {
            Mode::Sentinel if self.sentinels().next().is_none() => {
                faults.push("redis.sentinels must name Sentinel's addresses, such as redis://10.0.0.1:26379".to_owned());
            }
            Mode::Sentinel if self.sentinels().any(|address| redis::Client::open(address).is_err()) => {
                faults.push("redis.sentinels must be addresses such as redis://10.0.0.1:26379".to_owned());
            }
            Mode::Sentinel if self.master().is_none() => {
                faults.push("redis.url must have the master's name as its host: redis://:password@mymaster".to_owned());
            }
            Mode::Single | Mode::Cluster if self.sentinels().next().is_some() => {
                faults.push("redis.sentinels is for redis.mode = \"sentinel\"".to_owned());
            }
            Mode::Single | Mode::Sentinel | Mode::Cluster => {}
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    /// The addresses of the nodes.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &str> {
        self.url.expose_secret().split(',').map(str::trim)
    }

    /// The addresses of Sentinel.
    pub(crate) fn sentinels(&self) -> impl Iterator<Item = &str> {
        self.sentinels.expose_secret().split(',').map(str::trim).filter(|address| !address.is_empty())
    }

    /// The name of Sentinel's master, and how it is spoken to.
    pub(crate) fn master(&self) -> Option<(String, ConnectionInfo)> {
        let login = self.url.expose_secret().into_connection_info().ok()?;
        let name = match login.addr() {
            ConnectionAddr::Tcp(name, _) | ConnectionAddr::TcpTls { host: name, .. } => name.clone(),
            _ => return None,
        };
        Some((name, login))
    }

    /// Most messages of one tenant that wait for their turn.
    pub(crate) fn tenant_backlog(&self) -> u32 {
        let share = u64::from(self.backlog) * u64::from(self.tenant_backlog_percent) / 100;
        u32::try_from(share).unwrap_or(u32::MAX).max(1)
    }

    pub(crate) fn response_timeout(&self) -> Duration {
        Duration::from_millis(self.response_timeout_ms)
    }
}

//! How PostgreSQL is reached and how long it may take.

use std::path::PathBuf;
use std::time::Duration;

use pinfold_core::field::{Checks, FieldError};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

/// The settings of the section `postgres`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The service's login, as a URL. `sslmode=require` and stronger ask for TLS, whose certificate is always checked.
    pub url: SecretString,
    /// The owner's login: migrates and creates tenants. A serving process needs none.
    pub admin_url: SecretString,
    /// Certificates of the authorities that may sign the server's certificate, as PEM, beside the platform's own.
    pub ca_file: Option<PathBuf>,
    /// The most connections of the pool; one more listens for notifications.
    pub pool_size: u32,
    /// How long a connection may take to be made, in milliseconds.
    pub connect_timeout_ms: u64,
    /// How long a caller waits for a free connection, in milliseconds.
    pub acquire_timeout_ms: u64,
    /// How long one statement may take, in milliseconds.
    pub statement_timeout_ms: u64,
    /// How long a whole operation may take, in milliseconds.
    pub operation_timeout_ms: u64,
    /// How long a configuration stays in use without being confirmed, in seconds.
    pub stale_seconds: u64,
    /// How often configurations in use are compared with the record, in milliseconds.
    pub poll_interval_ms: u64,
    /// After how long without use a tenant's configuration is let go, in seconds.
    pub idle_seconds: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            url: SecretString::from(""),
            admin_url: SecretString::from(""),
            ca_file: None,
            pool_size: 10,
            connect_timeout_ms: 2_000,
            acquire_timeout_ms: 2_000,
            statement_timeout_ms: 2_000,
            operation_timeout_ms: 3_000,
            stale_seconds: 900,
            poll_interval_ms: 3_000,
            idle_seconds: 3_600,
        }
    }
}

impl Settings {
    /// Checks what a serving process needs.
    ///
    /// # Errors
    /// Every setting past its bound.
    pub fn check(&self) -> Result<(), Vec<FieldError>> {
        let mut checks = Checks::default();
        checks.require(!self.url.expose_secret().is_empty(), "postgres.url", "must be the URL of the service's login");
        checks.require((2..=1_000).contains(&self.pool_size), "postgres.pool_size", "must be between 2 and 1000");
        for (field, millis, most) in [
            ("postgres.connect_timeout_ms", self.connect_timeout_ms, 60_000),
            ("postgres.acquire_timeout_ms", self.acquire_timeout_ms, 60_000),
            ("postgres.statement_timeout_ms", self.statement_timeout_ms, 60_000),
            ("postgres.operation_timeout_ms", self.operation_timeout_ms, 120_000),
            ("postgres.poll_interval_ms", self.poll_interval_ms, 4_000),
        ] {
            checks.require((50..=most).contains(&millis), field, format!("must be between 50 and {most}"));
        }
        for (field, seconds) in [("postgres.stale_seconds", self.stale_seconds), ("postgres.idle_seconds", self.idle_seconds)] {
            checks.require((5..=86_400).contains(&seconds), field, "must be between 5 and 86400");
        }
        checks.finish()
    }

    /// These settings as the owner: for migrations and the operator's commands.
    #[must_use]
    pub fn as_admin(&self) -> Self {
        Self { url: self.admin_url.clone(), ..self.clone() }
    }

    pub(crate) fn connect_timeout(&self) -> Duration {
        Duration::from_millis(self.connect_timeout_ms)
    }

    pub(crate) fn acquire_timeout(&self) -> Duration {
        Duration::from_millis(self.acquire_timeout_ms)
    }

    pub(crate) fn operation_timeout(&self) -> Duration {
        Duration::from_millis(self.operation_timeout_ms)
    }
}

//! The settings of the process: what may be set, in which section, and what it is when nobody sets it.
//!
//! `default.toml` says the same in words; a test keeps the two equal.

mod check;
mod layers;
mod master_key;
mod production;
mod reference;
mod shown;

use std::net::IpAddr;
use std::num::NonZeroUsize;

use pinfold_core::access::Network;
use pinfold_core::channel::Channel;
use pinfold_core::field::list;
use pinfold_core::fraud::{Countries, Mode, Rules};
use pinfold_core::limits::{Ceilings, Lockout};
use pinfold_core::region::Region;
use pinfold_core::span::Span;
use pinfold_gateway::ForwardedHeader;
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use crate::audit::Place;
use crate::roles::Roles;

pub use check::{Faults, sentences};
pub use layers::{Layers, load};
pub use master_key::master_key;
pub use reference::markdown;
pub use shown::shown;

/// Every setting.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    pub profile: Profile,
    pub http: Http,
    pub postgres: pinfold_postgres::Settings,
    pub redis: pinfold_redis::Settings,
    pub security: Security,
    pub pin: Pin,
    pub limits: Limits,
    pub fraud: Fraud,
    pub verification: pinfold_verification::Settings,
    pub config_service: pinfold_config_service::Settings,
    pub people: pinfold_config_service::PeopleSettings,
    pub mail: pinfold_config_service::MailSettings,
    pub delivery: pinfold_dispatch::Settings,
    pub webhooks: pinfold_dispatch::WebhookSettings,
    pub record: Record,
    pub audit: Audit,
    pub roles: RoleUrls,
    pub simulator: Simulator,
    pub telemetry: Telemetry,
}

/// How careful the process is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// Refuses what is unsafe.
    #[default]
    Production,
    /// Says what is unsafe.
    Development,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    pub host: String,
    pub port: u16,
    pub public_url: Option<Url>,
    pub workers: Option<NonZeroUsize>,
    pub requests_per_worker: usize,
    pub tenant_requests_per_second: u32,
    #[serde(deserialize_with = "list")]
    pub trusted_proxies: Vec<Network>,
    pub forwarded_header: ForwardedHeader,
    pub drain_seconds: Option<u64>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Security {
    pub master_key: SecretString,
    #[serde(deserialize_with = "list")]
    pub master_key_command: Vec<String>,
    pub internal_secret: SecretString,
    pub trusted_network: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pin {
    pub longest_life: Span,
    pub most_attempts: u8,
    pub longest_code: u8,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    #[serde(deserialize_with = "list")]
    pub locks: Vec<Span>,
    pub lock_memory: Span,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fraud {
    pub mode: Mode,
    #[serde(deserialize_with = "list")]
    pub countries: Vec<Region>,
}

impl Fraud {
    /// The rules of tenants that have none of their own.
    pub fn rules(&self) -> Rules {
        let mut rules = Rules { mode: self.mode, ..Rules::default() };
        if !self.countries.is_empty() {
            let open = Countries::Allow(self.countries.iter().copied().collect());
            rules.countries = [Channel::Sms, Channel::Voice].map(|channel| (channel, open.clone())).into();
        }
        rules
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Record {
    pub keep_days: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Audit {
    pub checkpoint: Place,
    pub checkpoint_seconds: u32,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RoleUrls {
    pub config_service_url: Option<Url>,
    pub verification_url: Option<Url>,
    pub dispatch_url: Option<Url>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Simulator {
    pub enabled: bool,
    pub url: Option<Url>,
    pub live_keys: Option<bool>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Telemetry {
    pub log_format: Option<LogFormat>,
    pub log_level: String,
    pub otlp_endpoint: Option<Url>,
    pub trace_ratio: f64,
    pub metrics_token: SecretString,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    Json,
    Text,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            host: "127.0.0.1".to_owned(),
            port: 8080,
            public_url: None,
            workers: None,
            requests_per_worker: 512,
            tenant_requests_per_second: 0,
            trusted_proxies: Vec::new(),
            forwarded_header: ForwardedHeader::default(),
            drain_seconds: None,
        }
    }
}

impl Default for Record {
    fn default() -> Self {
        Self { keep_days: 90 }
    }
}

impl Default for Audit {
    fn default() -> Self {
        Self { checkpoint: Place::Stdout, checkpoint_seconds: 3_600 }
    }
}

impl Default for Pin {
    fn default() -> Self {
        let Ceilings { time_to_live_ms, pin_attempts, pin_length } = Ceilings::default();
        Self { longest_life: span(time_to_live_ms), most_attempts: pin_attempts, longest_code: pin_length }
    }
}

impl Default for Limits {
    fn default() -> Self {
        let Lockout { locks_ms, memory_ms } = Lockout::default();
        Self { locks: locks_ms.map(span).to_vec(), lock_memory: span(memory_ms) }
    }
}

impl Default for Simulator {
    fn default() -> Self {
        Self { enabled: true, url: None, live_keys: None }
    }
}

impl Default for Telemetry {
    fn default() -> Self {
        let (log_level, metrics_token) = ("info".to_owned(), SecretString::default());
        Self { log_format: None, log_level, otlp_endpoint: None, trace_ratio: 1.0, metrics_token }
    }
}

fn span(millis: u64) -> Span {
    Span::from_millis(millis).expect("the rules' defaults are spans of the grammar")
}

impl Settings {
    pub fn is_production(&self) -> bool {
        self.profile == Profile::Production
    }

    /// The address under which clients reach this installation.
    pub fn public_url(&self) -> Url {
        self.http.public_url.clone().unwrap_or_else(|| self.own_url(&self.http.host))
    }

    /// Where messages are handed to the simulated phone, which the edge serves.
    pub fn simulator_url(&self, roles: &Roles) -> Url {
        self.simulator.url.clone().unwrap_or_else(|| {
            let mut url = if roles.has_edge() { self.own_url(reachable(&self.http.host)) } else { self.public_url() };
            url.set_path("/simulator");
            url
        })
    }

    /// What the gateway needs to know.
    pub fn gateway(&self) -> pinfold_gateway::Settings {
        let Http { trusted_proxies, forwarded_header, .. } = self.http.clone();
        pinfold_gateway::Settings { public_url: self.public_url(), trusted_proxies, forwarded_header }
    }

    fn own_url(&self, host: &str) -> Url {
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let text = format!("http://{host}:{}/", self.http.port);
        Url::parse(&text).unwrap_or_else(|_| Url::parse("http://127.0.0.1/").expect("a literal address"))
    }

    pub fn drain_seconds(&self) -> u64 {
        self.http.drain_seconds.unwrap_or(u64::from(self.is_production()))
    }

    pub fn log_format(&self) -> LogFormat {
        self.telemetry.log_format.unwrap_or(if self.is_production() { LogFormat::Json } else { LogFormat::Text })
    }

    /// Whether connections of live keys may lead to the simulator.
    pub fn live_simulator(&self) -> bool {
        self.simulator.enabled && self.simulator.live_keys.unwrap_or(!self.is_production())
    }

    pub fn ceilings(&self) -> Ceilings {
        let Pin { longest_life, most_attempts, longest_code } = self.pin;
        Ceilings { time_to_live_ms: longest_life.millis(), pin_attempts: most_attempts, pin_length: longest_code }
    }

    /// The locks that follow failed checks; three of them, as the settings' check has seen.
    pub fn lockout(&self) -> Lockout {
        let lock = |nth: usize| self.limits.locks.get(nth).or(self.limits.locks.last()).map_or(0, |lock| lock.millis());
        Lockout { locks_ms: [lock(0), lock(1), lock(2)], memory_ms: self.limits.lock_memory.millis() }
    }

    /// What people have to prove.
    pub fn people(&self) -> pinfold_config_service::PeoplePolicy {
        let needs_second_factor = self.people.second_factor_for_admins.unwrap_or(self.is_production());
        pinfold_config_service::PeoplePolicy { needs_second_factor }
    }

    /// The platform's mail server; in development the simulated phone when none is set.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn mail_connection(&self) -> Result<Option<pinfold_core::connection::Connection>, Faults> {
        let set = self.mail.connection().map_err(Faults::one)?;
        let is_simulated = set.is_none() && self.simulator.enabled && !self.is_production();
        Ok(if is_simulated { Some(pinfold_config_service::simulated_mail()) } else { set })
    }

    /// The settings of delivery with what other sections say about it.
    pub fn delivery(&self) -> pinfold_dispatch::Settings {
        pinfold_dispatch::Settings { allow_live_simulator: self.live_simulator(), ..self.delivery.clone() }
    }
}

/// The address at which a process of this machine reaches what listens on `host`.
pub fn reachable(host: &str) -> &str {
    match host.parse() {
        Ok(IpAddr::V4(address)) if address.is_unspecified() => "127.0.0.1",
        Ok(IpAddr::V6(address)) if address.is_unspecified() => "::1",
        _ => host,
    }
}

//! Whether the settings hold together. All faults at once, each a sentence that says what to do, and only about what the
//! roles that run here need.

use pinfold_core::field::{Checks, FieldError};
use pinfold_core::limits::{LONGEST_LIFE_MS, SHORTEST_PIN};
use pinfold_core::span::DAY_MS;
use secrecy::ExposeSecret;

use super::{Settings, production};
use crate::roles::Roles;

/// Everything that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(pub Vec<String>);

impl Faults {
    pub fn one(fault: impl Into<String>) -> Self {
        Self(vec![fault.into()])
    }
}

impl std::fmt::Display for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for Faults {}

/// The shortest secret between processes, in bytes.
const SHORTEST_SECRET: usize = 32;

impl Settings {
    /// Checks what the given roles need, without asking anything outside.
    ///
    /// # Errors
    /// Every fault.
    pub fn check(&self, roles: &Roles) -> Result<(), Faults> {
        let mut faults = Vec::new();
        let mut require = |holds: bool, fault: &str| {
            if !holds {
                faults.push(fault.to_owned());
            }
        };
        require(!self.http.host.is_empty(), "http.host must not be empty");
        require(self.drain_seconds() <= 20, "http.drain_seconds must be at most 20: a stop is over in 30 seconds");
        require(self.http.requests_per_worker >= 8, "http.requests_per_worker must be at least 8");
        let secret = self.security.internal_secret.expose_secret();
        require(!secret.is_empty(), "security.internal_secret is not set: make one with `openssl rand -hex 32`");
        let is_long = secret.is_empty() || secret.len() >= SHORTEST_SECRET;
        require(is_long, "security.internal_secret needs at least 32 characters");
        require((0.0..=1.0).contains(&self.telemetry.trace_ratio), "telemetry.trace_ratio must be between 0 and 1");
        let filter = self.telemetry.log_level.parse::<tracing_subscriber::filter::Targets>();
        require(filter.is_ok(), "telemetry.log_level must be a level such as info, or levels such as info,pinfold_redis=debug");
        let is_web =
            |url: &Option<url::Url>| url.as_ref().is_none_or(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        for (name, url) in [
            ("http.public_url", &self.http.public_url),
            ("roles.config_service_url", &self.roles.config_service_url),
            ("roles.verification_url", &self.roles.verification_url),
            ("roles.dispatch_url", &self.roles.dispatch_url),
            ("simulator.url", &self.simulator.url),
            ("telemetry.otlp_endpoint", &self.telemetry.otlp_endpoint),
        ] {
            require(is_web(url), &format!("{name} must be an address with http or https"));
        }
        for (row, address) in roles.elsewhere() {
            let fault =
                format!("{} is not set: it says where the role {} runs, which does not run here", address.setting, row.name);
            require((address.of)(self).is_some(), &fault);
        }
        self.check_rules(&mut require);
        faults.extend(super::master_key::fault(&self.security));
        faults.extend(self.redis.check().err().into_iter().flatten());
        faults.extend(sentences(self.postgres.check()));
        for row in roles.here() {
            faults.extend((row.check)(self));
        }
        if self.is_production() {
            faults.extend(self.production_faults(roles));
        }
        if faults.is_empty() { Ok(()) } else { Err(Faults(faults)) }
    }

    /// What the production profile refuses.
    pub fn production_faults(&self, roles: &Roles) -> Vec<String> {
        production::faults(self, roles)
    }

    fn check_rules(&self, require: &mut impl FnMut(bool, &str)) {
        require((1..=86_400).contains(&self.audit.checkpoint_seconds), "audit.checkpoint_seconds must be between 1 and 86400");
        let life = self.pin.longest_life.millis();
        require((60_000..=LONGEST_LIFE_MS).contains(&life), "pin.longest_life must be between 1m and 1d");
        require((1..=100).contains(&self.pin.most_attempts), "pin.most_attempts must be between 1 and 100");
        let lengths = SHORTEST_PIN..=32;
        require(lengths.contains(&self.pin.longest_code), "pin.longest_code must be between 4 and 32");
        let locks: Vec<u64> = self.limits.locks.iter().map(|lock| lock.millis()).collect();
        require(locks.len() == 3, "limits.locks needs three spans, such as 15m, 1h, 1d");
        require(locks.is_sorted(), "limits.locks must not get shorter");
        let longest = locks.iter().chain([&self.limits.lock_memory.millis()]).all(|lock| *lock <= 30 * DAY_MS);
        require(longest, "limits.locks and limits.lock_memory must be at most 30d");
        let retention = self.redis.retention_seconds.saturating_mul(1_000);
        require(retention <= 7 * DAY_MS, "redis.retention_seconds must be at most seven days");
    }

    /// What the worker needs: each setting alone, and what two sections say about each other.
    pub fn check_delivery(&self) -> Result<(), Vec<FieldError>> {
        self.delivery.check()?;
        self.webhooks.check()?;
        let mut checks = Checks::default();
        let is_shorter = self.delivery.deadline_ms < self.pin.longest_life.millis();
        checks.require(is_shorter, "delivery.deadline_ms", "must be shorter than pin.longest_life");
        let silence_ms = self.delivery.heartbeat_seconds * 1_000 + self.redis.response_timeout_ms;
        checks.require(
            silence_ms < self.delivery.lease_seconds * 1_000,
            "delivery.lease_seconds",
            "must be longer than delivery.heartbeat_seconds and redis.response_timeout_ms together, or workers lose messages that they hold",
        );
        checks.require((1..=3_650).contains(&self.record.keep_days), "record.keep_days", "must be between 1 and 3650");
        checks.finish()
    }
}

/// The faults of a section as sentences.
pub fn sentences(checked: Result<(), Vec<FieldError>>) -> Vec<String> {
    let errors = checked.err().unwrap_or_default();
    errors.into_iter().map(|FieldError { field, must }| format!("{field} {must}")).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Settings of a development process that hold.
    pub(crate) fn sound() -> Settings {
        let mut settings = Settings { profile: super::super::Profile::Development, ..Settings::default() };
        settings.security.master_key = "oCLyJ5DqNVFf3pOpjVbh5bLXDZzYfxq0sUW3H3Gm2Ks=".to_owned().into();
        settings.security.internal_secret = "b1946ac92492d2347c6235b4d2611184".to_owned().into();
        settings.postgres.url = "postgres://pinfold_service:hush@127.0.0.1/pinfold".to_owned().into();
        settings.redis.url = "redis://:hush@127.0.0.1:6379".to_owned().into();
        settings
    }

    fn faults(settings: &Settings, roles: &str) -> Vec<String> {
        settings.check(&roles.parse().expect(roles)).err().map(|faults| faults.0).unwrap_or_default()
    }

    #[test]
    fn sound_settings_have_no_faults_and_defaults_lack_secrets_only() {
        assert_eq!(faults(&sound(), "all"), Vec::<String>::new());
        let bare = Settings { profile: super::super::Profile::Development, ..Settings::default() };
        let named: Vec<_> = faults(&bare, "all").iter().map(|fault| fault.split(' ').next().map(str::to_owned)).collect();
        let expected = ["security.internal_secret", "security.master_key", "postgres.url"];
        assert_eq!(named, expected.map(|name| Some(name.to_owned())));
    }

    #[test]
    fn only_the_roles_that_run_are_asked_about() {
        let gateway = faults(&sound(), "gateway");
        assert!(gateway.iter().any(|fault| fault.contains("roles.verification_url")), "{gateway:?}");
        let mut settings = sound();
        settings.delivery.max_attempts = 0;
        assert_eq!(faults(&settings, "verification"), Vec::<String>::new());
        assert_eq!(faults(&settings, "dispatch").len(), 1);
    }

    #[test]
    fn settings_that_are_legal_alone_may_be_wrong_together() {
        let mut settings = sound();
        (settings.delivery.lease_seconds, settings.delivery.heartbeat_seconds) = (2, 1);
        settings.redis.response_timeout_ms = 1_000;
        let said = faults(&settings, "all");
        assert!(said.len() == 1 && said[0].starts_with("delivery.lease_seconds must be longer"), "{said:?}");
    }

    #[test]
    fn short_and_malformed_secrets_are_named_but_not_quoted() {
        for (key, expected) in [("c2hvcnQ=", "has 5 bytes"), ("not base64!", "is not base64"), ("", "is not set")] {
            let mut settings = sound();
            settings.security.master_key = key.to_owned().into();
            let said = faults(&settings, "all").join("\n");
            assert!(said.contains(expected) && (key.is_empty() || !said.contains(key)), "{said}");
        }
        let mut settings = sound();
        settings.security.internal_secret = "too short".to_owned().into();
        assert_eq!(faults(&settings, "all"), ["security.internal_secret needs at least 32 characters"]);
    }
}

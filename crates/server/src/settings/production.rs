//! What the production profile refuses: secrets that everybody knows, doors that are open, connections that anybody
//! can read. What only PostgreSQL and Redis themselves can say is asked at start, in `safety`.

use pinfold_core::keys::MasterKey;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::Settings;
use crate::roles::Roles;

/// What gives an example away, in lower case.
const EXAMPLES: [&str; 9] = ["example", "change", "secret", "password", "pinfold", "insert", "replace", "123456", "abcdef"];
/// Fewer different bytes than this are no random key.
const FEWEST_BYTES: usize = 8;
const SHORTEST_TOKEN: usize = 16;

pub(super) fn faults(settings: &Settings, roles: &Roles) -> Vec<String> {
    let mut faults = Vec::new();
    let mut refuse = |holds: bool, fault: &str| {
        if holds {
            faults.push(fault.to_owned());
        }
    };
    let security = &settings.security;
    let entries = MasterKey::entries(security.master_key.expose_secret()).unwrap_or_default();
    let is_example = is_example(&security.master_key) || entries.iter().any(|(_, bytes)| is_example_text(bytes.as_slice()));
    refuse(is_example, "security.master_key is an example: make one with `openssl rand -base64 32`");
    let is_example = is_example_secret(&security.internal_secret);
    refuse(is_example, "security.internal_secret is an example: make one with `openssl rand -hex 32`");
    let token = &settings.telemetry.metrics_token;
    let is_short = token.expose_secret().len() < SHORTEST_TOKEN;
    refuse(is_short, "telemetry.metrics_token needs at least 16 characters: without it /metrics would be open");
    refuse(!is_short && is_example_secret(token), "telemetry.metrics_token is an example");
    refuse(
        settings.simulator.live_keys == Some(true),
        "simulator.live_keys must be false: live PINs would be readable by anyone",
    );
    if roles.has_edge() {
        let is_https = settings.http.public_url.as_ref().is_some_and(|url| url.scheme() == "https");
        refuse(!is_https, "http.public_url must be the https address under which clients reach this installation");
    }
    let redis = security_of_redis(settings);
    refuse(!redis.has_password, "redis.url names no password: Redis would let anyone in");
    let admin = settings.postgres.admin_url.expose_secret();
    let same = !admin.is_empty() && user(admin) == user(settings.postgres.url.expose_secret());
    refuse(same, "postgres.url and postgres.admin_url log in as the same role: the service must own nothing");
    if !security.trusted_network {
        let way_out = "or say with security.trusted_network that the network belongs to this installation alone";
        let postgres = is_open_postgres(settings.postgres.url.expose_secret());
        refuse(postgres, &format!("postgres.url leaves this machine without TLS: add sslmode=require, {way_out}"));
        refuse(redis.is_open, &format!("redis.url leaves this machine without TLS: use rediss://, {way_out}"));
        for (name, url) in [
            ("roles.config_service_url", &settings.roles.config_service_url),
            ("roles.verification_url", &settings.roles.verification_url),
            ("roles.dispatch_url", &settings.roles.dispatch_url),
            ("simulator.url", &settings.simulator.url),
        ] {
            let is_open = url.as_ref().is_some_and(|url| url.scheme() == "http" && !is_local(url.host_str()));
            refuse(is_open, &format!("{name} leaves this machine without TLS: use https, {way_out}"));
        }
    }
    faults
}

struct RedisSecurity {
    has_password: bool,
    is_open: bool,
}

fn security_of_redis(settings: &Settings) -> RedisSecurity {
    let text = settings.redis.url.expose_secret();
    let nodes: Vec<Url> = text.split(',').filter_map(|node| Url::parse(node.trim()).ok()).collect();
    let has_password = |url: &Url| url.password().is_some() || url.query_pairs().any(|(name, _)| name == "pass");
    let is_open = |url: &Url| url.scheme() == "redis" && !is_local(url.host_str());
    RedisSecurity { has_password: nodes.iter().all(has_password), is_open: nodes.iter().any(is_open) }
}

fn is_open_postgres(url: &str) -> bool {
    let Ok(parsed) = Url::parse(url) else { return false };
    let mode = parsed.query_pairs().find(|(name, _)| name == "sslmode").map(|(_, mode)| mode.into_owned());
    let is_socket = parsed.query_pairs().any(|(name, value)| name == "host" && value.starts_with('/'));
    let is_tls = mode.is_some_and(|mode| matches!(mode.as_str(), "require" | "verify-ca" | "verify-full"));
    !is_tls && !is_socket && !is_local(parsed.host_str())
}

/// Whether a host is this machine: a loopback address, its name, or the path of a socket.
fn is_local(host: Option<&str>) -> bool {
    let Some(host) = host else { return true };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let is_loopback = bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    host.is_empty() || host == "localhost" || is_loopback || host.starts_with("%2F") || host.starts_with("%2f")
}

fn user(url: &str) -> Option<String> {
    Url::parse(url).ok().map(|url| url.username().to_owned())
}

fn is_example(secret: &SecretString) -> bool {
    is_example_text(secret.expose_secret().as_bytes())
}

fn is_example_secret(secret: &SecretString) -> bool {
    !secret.expose_secret().is_empty() && is_example(secret)
}

fn is_example_text(bytes: &[u8]) -> bool {
    if bytes.is_empty() {
        return false;
    }
    let different: std::collections::BTreeSet<u8> = bytes.iter().copied().collect();
    let lower = bytes.to_ascii_lowercase();
    let quotes = |word: &str| lower.windows(word.len()).any(|window| window == word.as_bytes());
    different.len() < FEWEST_BYTES || EXAMPLES.iter().any(|word| quotes(word))
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;
    use crate::settings::Profile;
    use crate::settings::check::tests::sound;

    fn safe() -> Settings {
        let mut settings = Settings { profile: Profile::Production, ..sound() };
        settings.telemetry.metrics_token = "f3e2c57f0a9d4b7a8c61".to_owned().into();
        settings.http.public_url = Some(Url::parse("https://pin.example.com").expect("an address"));
        settings
    }

    fn refused(change: impl FnOnce(&mut Settings)) -> Vec<String> {
        let mut settings = safe();
        change(&mut settings);
        faults(&settings, &"all".parse().expect("a role"))
    }

    #[test]
    fn a_safe_installation_starts() {
        assert_eq!(refused(|_| {}), Vec::<String>::new());
        let remote = |settings: &mut Settings| {
            settings.redis.url = "rediss://:hush@redis.example:6379".to_owned().into();
            settings.postgres.url = "postgres://service:hush@db.example/pinfold?sslmode=require".to_owned().into();
        };
        assert_eq!(refused(remote), Vec::<String>::new());
        let private = |settings: &mut Settings| {
            settings.redis.url = "redis://:hush@redis:6379".to_owned().into();
            settings.postgres.url = "postgres://service:hush@postgres/pinfold".to_owned().into();
            settings.security.trusted_network = true;
        };
        assert_eq!(refused(private), Vec::<String>::new());
    }

    #[test]
    fn every_unsafe_setting_is_refused_with_its_name() {
        type Change = fn(&mut Settings);
        let cases: [(&str, Change); 14] = [
            ("security.master_key is an example", |s| s.security.master_key = STANDARD.encode([7; 32]).into()),
            ("security.master_key is an example", |s| {
                s.security.master_key = STANDARD.encode("please-change-me-to-32-bytes-xyz").into();
            }),
            ("security.internal_secret is an example", |s| s.security.internal_secret = "change-me".repeat(4).into()),
            ("security.internal_secret is an example", |s| s.security.internal_secret = "0".repeat(64).into()),
            ("telemetry.metrics_token", |s| s.telemetry.metrics_token = "short".to_owned().into()),
            ("telemetry.metrics_token", |s| s.telemetry.metrics_token = "example-metrics-token".to_owned().into()),
            ("simulator.live_keys", |s| s.simulator.live_keys = Some(true)),
            ("http.public_url", |s| s.http.public_url = None),
            ("http.public_url", |s| s.http.public_url = Some(Url::parse("http://pin.example.com").expect("an address"))),
            ("redis.url names no password", |s| s.redis.url = "redis://127.0.0.1:6379".to_owned().into()),
            ("redis.url leaves this machine", |s| s.redis.url = "redis://:hush@redis.example".to_owned().into()),
            ("postgres.url leaves this machine", |s| s.postgres.url = "postgres://a:b@db.example/pinfold".to_owned().into()),
            ("log in as the same role", |s| s.postgres.admin_url = s.postgres.url.clone()),
            ("roles.verification_url leaves", |s| s.roles.verification_url = Url::parse("http://verification:8080").ok()),
        ];
        for (expected, change) in cases {
            let said = refused(change);
            assert!(said.len() == 1 && said[0].contains(expected), "{expected}: {said:?}");
        }
    }
}

//! Fields that several requests about keys share.

use std::net::IpAddr;

use pinfold_core::access::{Environment, Network};
use pinfold_core::field::{Checks, FieldError};
use pinfold_core::id::{ApplicationId, TenantId};
use pinfold_http::Problem;
use pinfold_postgres::Error;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::moment;
use crate::store;

/// The most networks a key may be used from.
const MOST_NETWORKS: usize = 100;
/// The most links that a key keeps.
const MOST_LINKS: usize = 100;

/// Whether a key's messages are real.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Environment)]
pub(crate) enum EnvironmentName {
    /// Over the tenant's providers.
    Live,
    /// Always to the simulator.
    Sandbox,
}

impl From<EnvironmentName> for Environment {
    fn from(name: EnvironmentName) -> Self {
        match name {
            EnvironmentName::Live => Self::Live,
            EnvironmentName::Sandbox => Self::Sandbox,
        }
    }
}

impl From<Environment> for EnvironmentName {
    fn from(environment: Environment) -> Self {
        match environment {
            Environment::Live => Self::Live,
            Environment::Sandbox => Self::Sandbox,
        }
    }
}

/// A link to an application of the vendor's platform. Kept for clients that set it; it restricts nothing here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ApiKeyPlatform)]
pub(crate) struct Platform {
    /// The linked application.
    #[schema(min_length = 1, max_length = 255)]
    application_id: String,
    /// The linked entity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255)]
    entity_id: Option<String>,
    /// `FILL` or `FORCE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 255)]
    action: Option<String>,
}

/// Whether the account named in a request is the caller's own: there is no other way to name a tenant.
pub(super) fn check_account(named: Option<&String>, tenant: TenantId, checks: &mut Checks) {
    let is_own = |named: &String| named.parse() == Ok(tenant);
    checks.require(named.is_none_or(is_own), "accountId", "must be your own account, or be left out");
}

/// The networks a key may be used from.
pub(super) fn networks(texts: &[String], checks: &mut Checks) -> Vec<Network> {
    checks.require(texts.len() <= MOST_NETWORKS, "allowedIPs", format!("must have at most {MOST_NETWORKS} entries"));
    texts.iter().filter_map(|text| checks.take("allowedIPs", text.parse())).collect()
}

/// A network as clients write it: a single address without its length.
pub(super) fn network_text(network: &Network) -> String {
    let text = network.to_string();
    let single = text.strip_suffix("/32").or_else(|| text.strip_suffix("/128"));
    match single.and_then(|address| Some((address, address.parse::<IpAddr>().ok()?))) {
        // `/32` is a whole IPv6 network, and no address.
        Some((_, IpAddr::V6(_))) if text.ends_with("/32") => text,
        Some((address, _)) => address.to_owned(),
        None => text,
    }
}

/// A time in `field`.
pub(super) fn time(field: &'static str, text: Option<&String>, checks: &mut Checks) -> Option<u64> {
    let must = "must be a time between 1970 and 9999, such as 2027-01-31T12:00:00Z";
    text.and_then(|text| checks.take(field, moment::parse(text).ok_or(must)))
}

/// The links as they are stored, one text each.
pub(super) fn platform_texts(links: &[Platform], checks: &mut Checks) -> Vec<String> {
    let is_bounded = |text: &String| text.len() <= 255 && !text.contains(char::is_control);
    let fits = |link: &Platform| {
        !link.application_id.is_empty()
            && [Some(&link.application_id), link.entity_id.as_ref(), link.action.as_ref()].into_iter().flatten().all(is_bounded)
    };
    let fit = links.len() <= MOST_LINKS && links.iter().all(fits);
    checks.require(fit, "platform", format!("must have at most {MOST_LINKS} entries with values of at most 255 characters"));
    links.iter().map(|link| serde_json::to_string(link).expect("strings serialise")).collect()
}

/// The links that are stored.
pub(super) fn platforms(texts: &[String]) -> Vec<Platform> {
    texts.iter().filter_map(|text| serde_json::from_str(text).ok()).collect()
}

/// The default application named in a request.
pub(super) fn application(text: Option<&String>, checks: &mut Checks) -> Option<ApplicationId> {
    text.and_then(|text| checks.take("defaultApplicationId", text.parse().map_err(|_| UNKNOWN_APPLICATION)))
}

const UNKNOWN_APPLICATION: &str = "must be one of your applications";

/// A key that the system of record refuses names an application that the tenant does not have.
pub(super) fn refusal(error: Error) -> Problem {
    if error.is_refused() {
        return FieldError::new("defaultApplicationId", UNKNOWN_APPLICATION).into();
    }
    store::problem(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(check: impl FnOnce(&mut Checks)) -> Vec<String> {
        let mut checks = Checks::default();
        check(&mut checks);
        checks.finish().err().into_iter().flatten().map(|error| error.field.into_owned()).collect()
    }

    #[test]
    fn networks_come_back_as_they_were_written() {
        let texts = ["127.0.0.1", "192.0.2.0/24", "0.0.0.0/0", "2001:db8::/32", "2001:db8::1", "::/0"].map(str::to_owned);
        let mut checks = Checks::default();
        let parsed = networks(&texts, &mut checks);
        checks.finish().expect("all are networks");
        assert_eq!(parsed.iter().map(network_text).collect::<Vec<_>>(), texts);
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in
            ["", "localhost", "1.2.3", "1.2.3.4/33", "1.2.3.4/-1", "1.2.3.4-1.2.3.9", "::1%eth0", " 1.2.3.4", "1.2.3.4/24/8", "*"]
        {
            let texts = [text.to_owned()];
            assert_eq!(faults(|checks| drop(networks(&texts, checks))), ["allowedIPs"], "{text}");
        }
        assert_eq!(faults(|checks| drop(networks(&vec!["10.0.0.1".to_owned(); 101], checks))), ["allowedIPs"]);
    }

    #[test]
    fn only_the_own_account_may_be_named() {
        let tenant = TenantId::from_bytes([10; 16]);
        for (named, is_fine) in
            [(None, true), (Some(tenant.to_string()), true), (Some("_".to_owned()), false), (Some("0".repeat(32)), false)]
        {
            assert_eq!(faults(|checks| check_account(named.as_ref(), tenant, checks)).is_empty(), is_fine, "{named:?}");
        }
    }

    #[test]
    fn links_come_back() {
        let links = vec![
            Platform { application_id: "test".into(), entity_id: Some("e".into()), action: Some("FILL".into()) },
            Platform { application_id: "default".into(), entity_id: None, action: None },
        ];
        let mut checks = Checks::default();
        assert_eq!(platforms(&platform_texts(&links, &mut checks)), links);
        checks.finish().expect("fine");
        let empty = [Platform { application_id: String::new(), entity_id: None, action: None }];
        assert_eq!(faults(|checks| drop(platform_texts(&empty, checks))), ["platform"]);
    }
}

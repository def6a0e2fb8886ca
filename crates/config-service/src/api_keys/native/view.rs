//! An API key as clients see it, and what they may say of one.

use pinfold_core::access::{Network, Scope, Scopes};
use pinfold_core::field::Checks;
use pinfold_http::Problem;
use pinfold_http::clock::rfc3339;
use pinfold_postgres::{IssuedKey, TenantScope};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::fields::{EnvironmentName, network_text};
use super::super::grant::ScopeSchema;
use crate::store;

/// The most networks of a key.
const MOST_NETWORKS: usize = 100;

/// An API key without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Key)]
pub(super) struct KeyView {
    /// Its id.
    #[schema(example = "573711510E1C002E29679B12C7CB48AE")]
    id: String,
    /// Its name.
    #[schema(example = "Checkout")]
    name: String,
    /// The beginning of its secret.
    #[schema(example = "pf_live_Zk3v")]
    prefix: String,
    /// What its messages are.
    environment: EnvironmentName,
    /// What it may do.
    #[schema(value_type = Vec<ScopeSchema>, example = json!(["pin:send", "pin:verify"]))]
    scopes: Vec<&'static str>,
    /// Where it may be used from, as addresses or networks; empty for anywhere.
    #[schema(example = json!(["192.0.2.0/24"]))]
    networks: Vec<String>,
    /// The application of requests that name none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "0933F3BC087D2A617AC6DCB2EF5B8A61")]
    default_application_id: Option<String>,
    /// Whether it is switched on.
    enabled: bool,
    /// When it was created.
    #[schema(format = DateTime, example = "2026-11-21T12:00:00Z")]
    created_at: String,
    /// When it stops to work.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime, example = "2027-11-21T12:00:00Z")]
    expires_at: Option<String>,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime, example = "2026-12-21T12:00:00Z")]
    revoked_at: Option<String>,
    /// When it was last used, to the minute; it shows within half a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime, example = "2026-11-21T12:00:00Z")]
    last_used_at: Option<String>,
}

/// A new API key with its secret, which is shown this once.
#[derive(Serialize, ToSchema)]
#[schema(as = CreatedKey)]
pub(super) struct CreatedView {
    /// The secret: what clients send as `Authorization: Bearer pf_live_…`.
    #[schema(format = Password, example = "pf_live_Zk3v…")]
    pub(super) secret: String,
    /// The rest.
    #[serde(flatten)]
    pub(super) key: KeyView,
}

impl KeyView {
    pub(super) fn new(issued: IssuedKey, last_used_ms: Option<u64>) -> Self {
        let IssuedKey { key, prefix, created_ms, revoked_ms, .. } = issued;
        Self {
            id: key.id.to_string(),
            name: key.name,
            prefix,
            environment: key.environment.into(),
            scopes: key.scopes.iter().map(Scope::name).collect(),
            networks: key.networks.iter().map(network_text).collect(),
            default_application_id: key.default_application.map(|id| id.to_string()),
            enabled: key.is_enabled,
            created_at: rfc3339(created_ms),
            expires_at: key.valid_to_ms.map(rfc3339),
            revoked_at: revoked_ms.map(rfc3339),
            last_used_at: last_used_ms.map(rfc3339),
        }
    }

    /// With its last use, which has to be read.
    pub(super) async fn read(scope: TenantScope<'_>, issued: IssuedKey) -> Result<Self, Problem> {
        let id = issued.key.id;
        let uses = scope.api_keys().last_uses(vec![id]).await.map_err(store::problem)?;
        Ok(Self::new(issued, uses.get(&id).copied()))
    }
}

/// The scopes that a request names.
pub(super) fn scopes(names: &[String], checks: &mut Checks) -> Scopes {
    let scopes: Option<Scopes> = names.iter().map(|name| name.parse::<Scope>().ok()).collect();
    checks.require(scopes.is_some(), "scopes", format!("must be of {}", Scopes::all()));
    scopes.unwrap_or_default()
}

/// The networks that a request names.
pub(super) fn networks(texts: &[String], checks: &mut Checks) -> Vec<Network> {
    checks.require(texts.len() <= MOST_NETWORKS, "networks", format!("must have at most {MOST_NETWORKS} entries"));
    texts.iter().filter_map(|text| checks.take("networks", text.parse())).collect()
}

//! API keys as a client sees them. The secret is there once, in the answer to its creation.

use pinfold_core::access::Scope;
use pinfold_core::id::{ApiKeyId, ApplicationId, TenantId};
use pinfold_http::clock::rfc3339;
use pinfold_postgres::IssuedKey;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use utoipa::ToSchema;

use super::fields::{EnvironmentName, Platform, network_text, platforms};
use super::grant::ScopeSchema;

/// An API key.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ApiKey)]
pub(crate) struct ApiKeyView {
    /// Its id, which is no secret.
    #[schema(value_type = String, example = "573711510E1C002E29679B12C7CB48AE")]
    id: ApiKeyId,
    /// The secret, shown in the answer to its creation and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "pf_live_3q2-7wQmZ0h1Vf8Jb5kTn9XcLr4SdUe6PyAoGiWjKxM")]
    api_key_secret: Option<String>,
    /// The beginning of the secret, by which people recognise it.
    #[schema(example = "pf_live_3q2-")]
    api_key_prefix: String,
    /// Your account.
    #[schema(value_type = String, example = "8F0792F86035A9F4290821F1EE6BC06A")]
    account_id: TenantId,
    /// Its name.
    #[schema(example = "Checkout")]
    name: String,
    /// Where it may be used from; empty for anywhere.
    #[serde(rename = "allowedIPs")]
    #[schema(example = json!(["192.0.2.0/24"]))]
    allowed_ips: Vec<String>,
    /// When it starts to work.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00Z")]
    valid_from: String,
    /// When it stops to work; never, when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime, example = "2027-01-31T12:00:00Z")]
    valid_to: Option<String>,
    /// Whether it works at all.
    enabled: bool,
    /// Infobip's permissions, as they were set.
    #[schema(example = json!(["2FA_CLIENT"]))]
    permissions: Vec<String>,
    /// Links to the vendor's platform, as they were set.
    platform: Vec<Platform>,
    /// Infobip's API scopes, as they were set.
    scope_guids: Vec<String>,
    /// What it may do.
    #[schema(value_type = Vec<ScopeSchema>, example = json!(["pin:send", "pin:verify"]))]
    scopes: Vec<&'static str>,
    /// Whether its messages are real.
    environment: EnvironmentName,
    /// The application of requests that name none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<String>)]
    default_application_id: Option<ApplicationId>,
}

/// An API key in the shape of the older calls.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ApiKeyV1)]
pub(crate) struct ApiKeyV1View {
    /// Its id, which is no secret.
    #[schema(value_type = String, example = "573711510E1C002E29679B12C7CB48AE")]
    key: ApiKeyId,
    /// The secret, shown in this answer and never again.
    #[schema(example = "pf_live_3q2-7wQmZ0h1Vf8Jb5kTn9XcLr4SdUe6PyAoGiWjKxM")]
    public_api_key: String,
    /// Your account.
    #[schema(value_type = String, example = "8F0792F86035A9F4290821F1EE6BC06A")]
    account_key: TenantId,
    /// Its name.
    #[schema(example = "Checkout")]
    name: String,
    /// Where it may be used from; empty for anywhere.
    #[serde(rename = "allowedIPs")]
    #[schema(example = json!(["192.0.2.0/24"]))]
    allowed_ips: Vec<String>,
    /// When it starts to work.
    #[schema(format = DateTime, example = "2026-01-31T12:00:00Z")]
    valid_from: String,
    /// When it stops to work; never, when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime, example = "2027-01-31T12:00:00Z")]
    valid_to: Option<String>,
    /// Whether it works at all.
    enabled: bool,
    /// What it may do.
    #[schema(example = json!(["ALL"]))]
    permissions: Vec<String>,
}

impl ApiKeyView {
    /// A key without its secret.
    pub(super) fn of(tenant: TenantId, issued: IssuedKey) -> Self {
        let key = issued.key;
        Self {
            id: key.id,
            api_key_secret: None,
            api_key_prefix: issued.prefix,
            account_id: tenant,
            name: key.name,
            allowed_ips: key.networks.iter().map(network_text).collect(),
            valid_from: rfc3339(key.valid_from_ms.unwrap_or(issued.created_ms)),
            valid_to: key.valid_to_ms.map(rfc3339),
            enabled: key.is_enabled,
            permissions: issued.permissions,
            platform: platforms(&issued.platform),
            scope_guids: issued.scope_guids,
            scopes: key.scopes.iter().map(Scope::name).collect(),
            environment: key.environment.into(),
            default_application_id: key.default_application,
        }
    }

    /// A key that was just created.
    pub(super) fn created(tenant: TenantId, issued: IssuedKey, secret: &SecretString) -> Self {
        Self { api_key_secret: Some(secret.expose_secret().to_owned()), ..Self::of(tenant, issued) }
    }
}

impl ApiKeyV1View {
    /// A key that was just created.
    pub(super) fn created(tenant: TenantId, issued: IssuedKey, secret: &SecretString) -> Self {
        let key = issued.key;
        Self {
            key: key.id,
            public_api_key: secret.expose_secret().to_owned(),
            account_key: tenant,
            name: key.name,
            allowed_ips: key.networks.iter().map(network_text).collect(),
            valid_from: rfc3339(key.valid_from_ms.unwrap_or(issued.created_ms)),
            valid_to: key.valid_to_ms.map(rfc3339),
            enabled: key.is_enabled,
            permissions: issued.permissions,
        }
    }
}

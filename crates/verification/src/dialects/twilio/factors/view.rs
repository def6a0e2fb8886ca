//! An app as a client sees it. Its secret is there once, in the answer that enrolls it.

use pinfold_core::totp::{Totp, TotpSecret};
use pinfold_http::twilio::{sid, time};
use pinfold_postgres::{Entity, Factor};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::super::Place;

/// An app.
#[derive(Serialize, ToSchema)]
#[schema(as = TwilioFactor)]
pub(super) struct FactorView {
    /// Its SID.
    #[schema(example = "YF0933f3bc087d2a617ac6dcb2ef5b8a61")]
    sid: String,
    account_sid: String,
    service_sid: String,
    entity_sid: String,
    identity: String,
    /// What the app needs to know, in this answer and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    binding: Option<BindingView>,
    date_created: String,
    date_updated: String,
    /// What the person calls it.
    friendly_name: String,
    /// `unverified` or `verified`.
    #[schema(value_type = String, example = "unverified")]
    status: &'static str,
    /// Always `totp`.
    #[schema(value_type = String, example = "totp")]
    factor_type: &'static str,
    /// How it makes its codes.
    #[schema(value_type = Object)]
    config: Totp,
    /// What the tenant keeps with it.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Value>,
    url: String,
}

/// What an app needs to know.
#[derive(Serialize, ToSchema)]
#[schema(as = TwilioFactorBinding)]
struct BindingView {
    /// The secret in base32.
    #[schema(example = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")]
    secret: String,
    /// The same for a QR code.
    uri: String,
}

impl FactorView {
    pub(super) fn new(factor: Factor, entity: &Entity, place: &Place) -> Self {
        let factor_sid = sid("YF", factor.id);
        let path = format!("/v2/Services/{}/Entities/{}/Factors/{factor_sid}", place.service_sid, entity.identity);
        Self {
            sid: factor_sid,
            account_sid: place.account_sid.clone(),
            service_sid: place.service_sid.clone(),
            entity_sid: sid("YE", entity.id),
            identity: entity.identity.clone(),
            binding: None,
            date_created: time(factor.created_ms),
            date_updated: time(factor.updated_ms),
            friendly_name: factor.friendly_name,
            status: if factor.is_verified { "verified" } else { "unverified" },
            factor_type: "totp",
            config: factor.totp,
            metadata: factor.metadata,
            url: place.base.url(&path),
        }
    }

    /// One that was just enrolled.
    pub(super) fn with_secret(factor: Factor, entity: &Entity, place: &Place, issuer: &str, secret: &TotpSecret) -> Self {
        let uri = factor.totp.uri(issuer, &factor.friendly_name, secret).to_string();
        let binding = BindingView { secret: secret.base32().to_string(), uri };
        Self { binding: Some(binding), ..Self::new(factor, entity, place) }
    }
}

//! A public key as a client sees it.

use pinfold_core::access::Environment;
use pinfold_core::id::ApplicationId;
use pinfold_http::clock::rfc3339;
use pinfold_postgres::StoredPublicKey;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// The public key of an application.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PublicKey)]
pub(crate) struct PublicKeyView {
    /// The application.
    #[schema(value_type = String, example = "0933F3BC087D2A617AC6DCB2EF5B8A61")]
    application_id: ApplicationId,
    /// The same id in the form that tokens name in their claim `application_id`.
    #[schema(example = "0933f3bc-087d-2a61-7ac6-dcb2ef5b8a61")]
    token_application_id: String,
    /// The key, in PEM.
    #[schema(example = "-----BEGIN PUBLIC KEY-----\n…\n-----END PUBLIC KEY-----\n")]
    public_key: String,
    /// By which people recognise it.
    #[schema(example = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU")]
    fingerprint: String,
    /// Its length.
    #[schema(example = 2048)]
    bits: usize,
    /// `live`, or `sandbox` for the simulator: what it was stored with.
    #[schema(value_type = String, example = "live")]
    environment: &'static str,
    /// When it was stored.
    #[schema(example = "2026-01-31T12:00:00Z")]
    created_at: String,
}

impl From<StoredPublicKey> for PublicKeyView {
    fn from(stored: StoredPublicKey) -> Self {
        let environment: Environment = stored.environment;
        Self {
            application_id: stored.application,
            token_application_id: Uuid::from(stored.application).to_string(),
            public_key: stored.key.pem(),
            fingerprint: stored.key.fingerprint(),
            bits: stored.key.bits(),
            environment: environment.name(),
            created_at: rfc3339(stored.created_ms),
        }
    }
}

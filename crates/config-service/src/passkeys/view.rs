//! A passkey as its person sees it.

use pinfold_core::id::PasskeyId;
use pinfold_http::clock::rfc3339;
use pinfold_postgres::Passkey;
use serde::Serialize;
use utoipa::ToSchema;

/// A passkey.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Passkey)]
pub(crate) struct PasskeyView {
    /// Its id.
    #[schema(value_type = String, example = "5B6E0D3C1F2A49788C7B6A5948372615")]
    id: PasskeyId,
    /// Its name.
    #[schema(example = "my laptop")]
    name: String,
    /// Since when.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was used last.
    #[schema(format = DateTime)]
    used_at: Option<String>,
    /// New recovery codes, shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) recovery_codes: Option<Vec<String>>,
}

impl From<Passkey> for PasskeyView {
    fn from(passkey: Passkey) -> Self {
        let Passkey { id, name, created_ms, used_ms, .. } = passkey;
        Self { id, name, created_at: rfc3339(created_ms), used_at: used_ms.map(rfc3339), recovery_codes: None }
    }
}

//! What is known of a person by their number or address: shown whole, handed out, and forgotten. All of it is audited.

mod export;
mod redact;
mod reveal;

use pinfold_core::field::FieldError;
use pinfold_core::keys::Digest;
use pinfold_core::recipient::Recipient;
use pinfold_http::{Mount, Problem, mount};
use pinfold_postgres::{Note, Snapshot, TenantScope};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::state::record_problem;

pub(crate) fn mount(mount: &mut Mount) {
    mount!(mount; self::reveal, self::export, self::redact);
}

/// Whose data it is about.
#[derive(Deserialize, ToSchema)]
pub(super) struct RecipientRequest {
    /// The phone number or e-mail address.
    #[schema(example = "41793026727")]
    recipient: String,
}

impl RecipientRequest {
    fn parse(&self) -> Result<Recipient, Problem> {
        Recipient::parse(&self.recipient).map_err(|error| FieldError::new("recipient", error.to_string()).into())
    }
}

/// The recipient's hashes: another one in each application.
fn subjects(snapshot: &Snapshot, recipient: &Recipient) -> Vec<Digest> {
    snapshot.applications.keys().map(|id| snapshot.keys.subject(*id, recipient)).collect()
}

/// Tells of it; before it is done, because it must not be done untold. The recipient is named as everywhere: masked.
async fn tell(scope: TenantScope<'_>, action: &'static str, object_id: Option<String>, detail: Value) -> Result<(), Problem> {
    let note = Note { action, object: "recipient", object_id, detail: Some(detail) };
    scope.audit().note(note).await.map_err(record_problem)
}

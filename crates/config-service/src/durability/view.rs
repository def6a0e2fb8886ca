//! Durability as clients write and see it.

use pinfold_core::application::Durability;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What must have happened before a send, resend, verification or cancellation is answered.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Durability)]
pub(crate) struct DurabilityView {
    /// `standard`: Redis has it, and writes it to disk within a second. `strict`: a replica of Redis has it, too; where none does
    /// within half a second, the answer is a 503.
    #[schema(value_type = String, example = "strict")]
    pub(super) durability: Durability,
}

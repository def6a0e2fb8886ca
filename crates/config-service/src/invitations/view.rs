//! An invitation as a client sees it.

use pinfold_core::id::InvitationId;
use pinfold_http::clock::rfc3339;
use pinfold_postgres::Invitation;
use serde::Serialize;
use utoipa::ToSchema;

/// An invitation.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Invitation)]
pub(crate) struct InvitationView {
    /// Its id.
    #[schema(value_type = String, example = "5B6E0D3C1F2A49788C7B6A5948372615")]
    id: InvitationId,
    /// Who is asked.
    #[schema(example = "john.smith@example.com")]
    email: String,
    /// To become what.
    #[schema(value_type = String, example = "developer")]
    role: &'static str,
    /// By whom.
    #[schema(example = "Jane Smith")]
    invited_by: String,
    /// Until when.
    #[schema(format = DateTime)]
    expires_at: String,
    /// Since when.
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<Invitation> for InvitationView {
    fn from(invitation: Invitation) -> Self {
        Self {
            id: invitation.id,
            email: invitation.email,
            role: invitation.role.name(),
            invited_by: invitation.invited_by,
            expires_at: rfc3339(invitation.expires_ms),
            created_at: rfc3339(invitation.created_ms),
        }
    }
}

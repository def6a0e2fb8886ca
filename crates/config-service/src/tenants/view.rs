//! A tenant as its people see it.

use pinfold_core::id::TenantId;
use pinfold_http::clock::rfc3339;
use pinfold_http::{Caller, Problem};
use pinfold_postgres::Tenant;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{State, store};

/// A tenant.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Tenant)]
pub(crate) struct TenantView {
    /// Its id.
    #[schema(value_type = String, example = "0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A")]
    id: TenantId,
    /// Its short name.
    #[schema(example = "example")]
    slug: String,
    /// Its name.
    #[schema(example = "Example")]
    name: String,
    /// Since when.
    #[schema(format = DateTime)]
    created_at: String,
    /// Whether the operator closed it.
    suspended: bool,
    /// How many people it has.
    members: usize,
}

impl TenantView {
    /// The caller's tenant.
    ///
    /// # Errors
    /// 404 when it is gone.
    pub(super) async fn of(state: &State, caller: &Caller) -> Result<Self, Problem> {
        let scope = state.database.tenant(caller.tenant);
        let Tenant { id, slug, name, is_enabled, created_ms } = store::found(scope.profile().await)?;
        let members = scope.members().list().await.map_err(store::problem)?.len();
        Ok(Self { id, slug, name, created_at: rfc3339(created_ms), suspended: !is_enabled, members })
    }
}

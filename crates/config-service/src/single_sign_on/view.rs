//! A tenant's single sign-on as a client sees it: without the client secret, with what the provider has to be told.

use pinfold_core::access::Role;
use pinfold_core::id::TenantId;
use pinfold_http::{Caller, Problem};
use pinfold_postgres::SingleSignOn;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{State, store};

/// What stands for a role where nobody new comes in.
pub(super) const NONE: &str = "none";

/// How a tenant's people sign in at its own OpenID provider.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SingleSignOn)]
pub(crate) struct SingleSignOnView {
    /// The provider, as it calls itself; none while nobody signs in so.
    #[schema(example = "https://login.example.com")]
    issuer: Option<String>,
    /// What this installation is called there.
    #[schema(example = "pinfold")]
    client_id: Option<String>,
    /// What somebody new becomes: `viewer`, `analyst`, `developer` or `admin`; with `none` only those come in who were here before.
    #[schema(value_type = String, example = "viewer")]
    new_members_role: &'static str,
    /// The domains of the addresses that the provider may vouch for; all when there are none.
    #[schema(example = json!(["example.com"]))]
    allowed_domains: Vec<String>,
    /// The address to register at the provider, where its page leads back to.
    #[schema(example = "https://pin.example.com/v1/session/single-sign-on/callback/0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A")]
    redirect_uri: String,
    /// Where people sign in.
    #[schema(example = "https://pin.example.com/console/login?organization=example")]
    sign_in_url: String,
}

impl SingleSignOnView {
    /// A tenant's, as it is.
    ///
    /// # Errors
    /// 404 when the tenant is gone.
    pub(super) async fn of(state: &State, caller: &Caller, sign_on: Option<SingleSignOn>) -> Result<Self, Problem> {
        let tenant = store::found(state.database.tenant(caller.tenant).profile().await)?;
        let role = sign_on.as_ref().map_or(Some(Role::Viewer), |sign_on| sign_on.new_members_role);
        let (issuer, client_id, allowed_domains) = match sign_on {
            Some(sign_on) => (Some(sign_on.issuer), Some(sign_on.client_id), sign_on.allowed_domains),
            None => (None, None, Vec::new()),
        };
        Ok(Self {
            issuer,
            client_id,
            new_members_role: role.map_or(NONE, Role::name),
            allowed_domains,
            redirect_uri: redirect_uri(state, caller.tenant),
            sign_in_url: format!("{}/console/login?organization={}", state.console_url, tenant.slug),
        })
    }
}

/// Where a tenant's provider leads back to. Each tenant has its own, so that no provider can be made to answer in the place of another
/// (RFC 9700, 4.4.2.2).
pub(super) fn redirect_uri(state: &State, tenant: TenantId) -> String {
    format!("{}/v1/session/single-sign-on/callback/{tenant}", state.console_url)
}

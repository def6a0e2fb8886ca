//! A person looks at another tenant of theirs. The session gets another cookie, so that every process knows at once.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use pinfold_core::id::TenantId;
use pinfold_http::{Body, Problem, ProblemView, SignedIn};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::account::SessionView;
use crate::refusals::ConsoleOneBody;
use crate::{State, store};

/// Which tenant.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SessionTenantRequest)]
pub(crate) struct SwitchRequest {
    /// The tenant.
    #[schema(example = "0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A")]
    tenant_id: String,
}

/// Looks at another of your tenants.
#[utoipa::path(
    put,
    path = "/v1/session/tenant",
    operation_id = "sessions.switch_tenant",
    tag = "Sign-up and sign-in",
    request_body = SwitchRequest,
    security(("session" = [])),
    responses(
        (status = 200, description = "The session; its cookie is set anew", body = SessionView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        ConsoleOneBody,
    )
)]
pub(crate) async fn handler(person: SignedIn, state: Data<State>, body: Body<SwitchRequest>) -> Result<HttpResponse, Problem> {
    let wanted: TenantId = store::id(&body.value.tenant_id)?;
    let memberships = state.database.people().memberships(person.person).await.map_err(store::problem)?;
    if !memberships.iter().any(|one| one.tenant == wanted && one.is_enabled) {
        return Err(store::missing());
    }
    state.renew_session((StatusCode::OK, person.session), false, Some(wanted)).await
}

//! Every tenant with its figures, for operators.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_core::id::TenantId;
use pinfold_http::clock::rfc3339;
use pinfold_http::{Problem, ProblemView, SignedIn};
use pinfold_postgres::TenantFigures;
use serde::Serialize;
use utoipa::ToSchema;

use super::authority;
use crate::refusals::ConsoleOne;
use crate::{State, store};

/// A tenant with its figures.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TenantFigures)]
pub(crate) struct TenantFiguresView {
    /// Its id.
    #[schema(value_type = String, example = "0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A")]
    id: TenantId,
    /// Its short name.
    slug: String,
    /// Its name.
    name: String,
    /// Since when.
    #[schema(format = DateTime)]
    created_at: String,
    /// Since when it is closed.
    #[schema(format = DateTime)]
    suspended_at: Option<String>,
    /// Why.
    suspension_reason: Option<String>,
    /// Its people.
    members: u64,
    /// Its applications.
    applications: u64,
    /// Its API keys.
    api_keys: u64,
    /// PINs of the last day.
    #[serde(rename = "sends24h")]
    sends_24h: u64,
    /// Those of them that were verified.
    #[serde(rename = "verified24h")]
    verified_24h: u64,
}

/// All tenants.
#[derive(Serialize, ToSchema)]
#[schema(as = TenantFiguresList)]
pub(crate) struct TenantFiguresList {
    /// By their short names.
    tenants: Vec<TenantFiguresView>,
}

/// Lists all tenants with their figures.
#[utoipa::path(
    get,
    path = "/v1/operator/tenants",
    operation_id = "operators.tenants",
    tag = "Operators",
    security(("session" = [])),
    responses(
        (status = 200, description = "The tenants", body = TenantFiguresList),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        ConsoleOne,
    )
)]
pub(crate) async fn handler(person: SignedIn, state: Data<State>) -> Result<HttpResponse, Problem> {
    authority::check(&state, &person).await?;
    let figures = state.database.tenants().figures(person.person).await.map_err(store::problem)?;
    let view = |one: TenantFigures| TenantFiguresView {
        id: one.id,
        slug: one.slug,
        name: one.name,
        created_at: rfc3339(one.created_ms),
        suspended_at: one.suspended_ms.map(rfc3339),
        suspension_reason: one.suspension_reason,
        members: one.members,
        applications: one.applications,
        api_keys: one.api_keys,
        sends_24h: one.sends,
        verified_24h: one.verified,
    };
    Ok(HttpResponse::Ok().json(TenantFiguresList { tenants: figures.into_iter().map(view).collect() }))
}

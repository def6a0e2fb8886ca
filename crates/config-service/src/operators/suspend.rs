//! Closes a tenant: each of its credentials answers like a disabled one, in every process within five seconds.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_http::{Body, Problem, ProblemView, SignedIn};
use serde::Deserialize;
use utoipa::ToSchema;

use super::authority;
use crate::refusals::ConsoleOneBody;
use crate::{State, store};

/// Why a tenant is closed.
#[derive(Deserialize, ToSchema)]
#[schema(as = SuspensionRequest)]
pub(crate) struct SuspensionRequest {
    /// For the record.
    #[schema(min_length = 1, max_length = 1000, example = "unpaid since May")]
    reason: String,
}

/// Closes a tenant. Needs a recent confirmation.
#[utoipa::path(
    put,
    path = "/v1/operator/tenants/{id}/suspension",
    operation_id = "operators.suspend",
    tag = "Operators",
    params(
        ("id" = String, Path, description = "The tenant", example = "0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A"),
    ),
    request_body = SuspensionRequest,
    security(("session" = [])),
    responses(
        (status = 204, description = "It is closed"),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        ConsoleOneBody,
    )
)]
pub(crate) async fn handler(
    person: SignedIn,
    state: Data<State>,
    path: Path<String>,
    body: Body<SuspensionRequest>,
) -> Result<HttpResponse, Problem> {
    authority::check(&state, &person).await?;
    let reason = body.value.reason.trim().to_owned();
    if reason.is_empty() || reason.chars().count() > 1_000 {
        return Err(Problem::field("reason", "must have 1 to 1000 characters"));
    }
    state.confirmed(person.session).await?;
    store::found(state.database.tenants().suspend(person.person, store::id(&path)?, Some(reason)).await)?;
    Ok(HttpResponse::NoContent().finish())
}

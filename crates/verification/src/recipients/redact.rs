//! Forgets a person by their number or address: what is recorded of them stays as figures that lead to nobody. What is in
//! hand, a living PIN and its limits, ends by itself within the retention of hot state.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_http::{Authorized, Body, Problem, ProblemView, RecipientsReveal};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{RecipientRequest, subjects, tell};
use crate::State;
use crate::state::record_problem;

/// What was forgotten.
#[derive(Serialize, ToSchema)]
#[schema(as = RecipientRedaction)]
struct RedactionView {
    /// Verifications that lead to nobody from now on.
    #[schema(example = 12)]
    verifications: u64,
}

/// Forget a person.
#[utoipa::path(
    post,
    path = "/v1/recipients/redaction",
    operation_id = "recipients.redact",
    tag = "Privacy",
    request_body = RecipientRequest,
    responses(
        (status = 200, description = "What was forgotten", body = RedactionView),
        (status = 400, description = "It is no number and no address", body = ProblemView, content_type = "application/problem+json"),
        (status = 401, description = "No valid credential", body = ProblemView, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = ProblemView, content_type = "application/problem+json"),
        (status = 503, description = "Not available; see Retry-After", body = ProblemView, content_type = "application/problem+json"),
    )
)]
pub async fn handler(
    caller: Authorized<RecipientsReveal>,
    state: Data<State>,
    body: Body<RecipientRequest>,
) -> Result<HttpResponse, Problem> {
    let recipient = body.value.parse()?;
    let scope = state.database.tenant(caller.tenant);
    let snapshot = state.snapshot(caller.tenant).await?;
    tell(scope, "redacted", None, json!({ "recipient": recipient.masked() })).await?;
    let verifications = scope.privacy().redact(subjects(&snapshot, &recipient)).await.map_err(record_problem)?;
    Ok(HttpResponse::Ok().json(RedactionView { verifications }))
}

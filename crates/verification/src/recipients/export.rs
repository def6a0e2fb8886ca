//! Hands out what is known of a person by their number or address.

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_http::clock::{now_ms, rfc3339};
use pinfold_http::{Authorized, Body, Problem, ProblemView, RecipientsReveal};
use pinfold_postgres::VerificationFilter;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{RecipientRequest, subjects, tell};
use crate::State;
use crate::state::record_problem;

/// The most verifications that are handed out.
const MOST: u32 = 10_000;

/// What is known of a person.
#[derive(Serialize, ToSchema)]
#[schema(as = RecipientExport)]
struct ExportView {
    /// The number or address in its canonical form.
    #[schema(example = "41793026727")]
    recipient: String,
    /// Their verifications, newest first, at most 10000.
    verifications: Vec<ExportedView>,
}

/// A verification of a person.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExportedVerification)]
struct ExportedView {
    /// The PIN's id.
    #[schema(example = "0933F3BC087D2A617AC6DCB2EF5B8A61")]
    pin_id: String,
    /// When it was asked for.
    #[schema(format = DateTime, example = "2026-11-21T12:00:00Z")]
    created_at: String,
    /// What became of it.
    #[schema(example = "verified")]
    status: &'static str,
    /// The channel of its last message.
    #[schema(example = "sms")]
    channel: &'static str,
}

/// Hand out what is known of a person.
#[utoipa::path(
    post,
    path = "/v1/recipients/export",
    operation_id = "recipients.export",
    tag = "Privacy",
    request_body = RecipientRequest,
    responses(
        (status = 200, description = "What is known", body = ExportView),
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
    let (scope, now_ms) = (state.database.tenant(caller.tenant), now_ms());
    let snapshot = state.snapshot(caller.tenant).await?;
    tell(scope, "exported", None, json!({ "recipient": recipient.masked() })).await?;
    let filter = VerificationFilter {
        application: None,
        status: None,
        channel: None,
        from_ms: None,
        to_ms: None,
        subjects: Some(subjects(&snapshot, &recipient)),
        after: None,
        size: MOST,
        now_ms,
    };
    let found = scope.verifications().page(filter).await.map_err(record_problem)?;
    let exported = found.into_iter().map(|one| ExportedView {
        pin_id: one.pin.to_string(),
        created_at: rfc3339(one.created_ms),
        status: one.status_at(now_ms).name(),
        channel: one.channel.name(),
    });
    Ok(HttpResponse::Ok().json(ExportView { recipient: recipient.text().to_owned(), verifications: exported.collect() }))
}

//! Shows the whole recipient of a PIN, while its record lives. Each look is in the audit log before it is answered.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_core::field::FieldError;
use pinfold_http::{Authorized, Code, Params, Problem, ProblemView, RecipientsReveal};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::tell;
use crate::State;
use crate::dialects::id;
use crate::state::hot_problem;

const LONGEST_REASON: usize = 200;

/// Why somebody looks.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct RevealParams {
    /// Why, for the audit log; at most 200 characters. Name a case, not a person: addresses end up in logs.
    #[param(max_length = 200, example = "ticket 4711")]
    reason: Option<String>,
}

/// A whole recipient.
#[derive(Serialize, ToSchema)]
struct RecipientView {
    /// The phone number or e-mail address.
    #[schema(example = "41793026727")]
    recipient: String,
}

/// Show the whole recipient of a PIN.
///
/// Only while the PIN's record lives, an hour by default; afterwards nobody knows it. Each look is audited.
#[utoipa::path(
    get,
    path = "/v1/verifications/{pinId}/recipient",
    operation_id = "recipients.reveal",
    tag = "Privacy",
    params(
        ("pinId" = String, Path, description = "The PIN", example = "0933F3BC087D2A617AC6DCB2EF5B8A61"),
        RevealParams,
    ),
    responses(
        (status = 200, description = "The recipient", body = RecipientView),
        (status = 400, description = "The reason is too long", body = ProblemView, content_type = "application/problem+json"),
        (status = 401, description = "No valid credential", body = ProblemView, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = ProblemView, content_type = "application/problem+json"),
        (status = 404, description = "No such PIN, or its record is over", body = ProblemView, content_type = "application/problem+json"),
        (status = 503, description = "Not available; see Retry-After", body = ProblemView, content_type = "application/problem+json"),
    )
)]
pub async fn handler(
    caller: Authorized<RecipientsReveal>,
    state: Data<State>,
    pin_id: Path<String>,
    params: Params<RevealParams>,
) -> Result<HttpResponse, Problem> {
    let pin = id(&pin_id)?;
    let reason = params.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty());
    if reason.is_some_and(|reason| reason.chars().count() > LONGEST_REASON) {
        return Err(FieldError::new("reason", format!("must have at most {LONGEST_REASON} characters")).into());
    }
    let missing = || Problem::new(Code::NotFound);
    let snapshot = state.snapshot(caller.tenant).await?;
    let record = state.hot.peek(caller.tenant, pin).await.map_err(hot_problem)?.ok_or_else(missing)?;
    let envelope = snapshot.keys.open_envelope(record.key_version, pin, &record.sealed).map_err(|_| missing())?;
    let mut masked = json!({ "recipient": envelope.recipient.masked() });
    if let Some(reason) = reason {
        masked["reason"] = reason.into();
    }
    tell(state.database.tenant(caller.tenant), "revealed", Some(pin.to_string()), masked).await?;
    Ok(HttpResponse::Ok().json(RecipientView { recipient: envelope.recipient.text().to_owned() }))
}

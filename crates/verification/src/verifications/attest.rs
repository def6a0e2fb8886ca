//! Attests that a PIN was verified, in a signed receipt that anyone checks offline.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_core::id::ApplicationId;
use pinfold_http::{Authorized, Code, OptionalBody, Problem, ProblemView, ReportsRead};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::attestation::{Attested, sign};
use super::story::known;
use crate::State;
use crate::dialects::id;

/// What a receipt is for.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct VerificationReceiptRequest {
    /// Who it is for: the claim `aud`, without which it has none. Not an application's id, which names session tokens'.
    #[schema(min_length = 1, max_length = 255, example = "https://archive.example.com")]
    audience: Option<String>,
}

/// A verification receipt.
#[derive(Debug, Serialize, ToSchema)]
pub struct VerificationReceipt {
    /// The receipt: a compact JWS of the type `verification-receipt+jwt`.
    receipt: String,
    /// The public key that checks it, as in `/.well-known/jwks.json`. Keep both: a retired key is published for a day.
    #[schema(value_type = Object)]
    key: Value,
}

/// Attest that a PIN was verified.
///
/// Once recorded, a verification can be attested again as long as it is kept. The receipt of a test number has the claim
/// `"test": true`.
#[utoipa::path(
    post,
    path = "/v1/verifications/{pinId}/receipt",
    operation_id = "verifications.attest",
    tag = "Verifications",
    params(("pinId" = String, Path, description = "The PIN", example = "0933F3BC087D2A617AC6DCB2EF5B8A61")),
    request_body = Option<VerificationReceiptRequest>,
    responses(
        (status = 200, description = "The receipt", body = VerificationReceipt),
        (status = 400, description = "A field breaks a bound", body = ProblemView, content_type = "application/problem+json"),
        (status = 401, description = "No valid credential", body = ProblemView, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = ProblemView, content_type = "application/problem+json"),
        (status = 404, description = "No such PIN", body = ProblemView, content_type = "application/problem+json"),
        (status = 409, description = "The PIN is not verified", body = ProblemView, content_type = "application/problem+json"),
        (status = 413, description = "Body too large", body = ProblemView, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON", body = ProblemView, content_type = "application/problem+json"),
        (status = 503, description = "Not available; see Retry-After", body = ProblemView, content_type = "application/problem+json"),
    )
)]
pub async fn handler(
    caller: Authorized<ReportsRead>,
    state: Data<State>,
    pin_id: Path<String>,
    body: OptionalBody<VerificationReceiptRequest>,
) -> Result<HttpResponse, Problem> {
    let pin = id(&pin_id)?;
    let audience = check_audience(body.value.audience.as_deref())?;
    let snapshot = state.snapshot(caller.tenant).await?;
    let known = known(&state, &caller, pin).await?;
    let verified_ms = known.verified_ms().ok_or_else(|| Problem::new(Code::NotVerified))?;
    let recorded = known.story.as_ref().map(|story| &story.verification);
    let live = known.record.as_ref().map(|record| (record.subject, record.channel, record.message));
    let (subject, channel, message) = live
        .or(recorded.map(|recorded| (recorded.subject, recorded.channel, recorded.message)))
        .ok_or_else(|| Problem::new(Code::NotFound))?;
    let configured = snapshot.messages.get(&message).map(|message| message.application);
    let application = recorded.and_then(|recorded| recorded.application).or(configured);
    let attested =
        Attested { pin, subject, application, channel, verified_ms, now_ms: known.now_ms, audience, is_test: known.is_test() };
    let (receipt, key) = sign(&state.signer, &attested)?;
    Ok(HttpResponse::Ok().json(VerificationReceipt { receipt, key }))
}

fn check_audience(audience: Option<&str>) -> Result<Option<&str>, Problem> {
    let Some(name) = audience else { return Ok(None) };
    if !(1..=255).contains(&name.len()) || name.chars().any(char::is_control) {
        return Err(Problem::field("audience", "must have 1 to 255 bytes and no control characters"));
    }
    // Session tokens are for applications; whoever looks at nothing but the audience must not take this for one.
    if name.parse::<ApplicationId>().is_ok() {
        return Err(Problem::field("audience", "must not be the id of an application"));
    }
    Ok(Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_audience_is_no_application() {
        assert_eq!(check_audience(None).expect("none is fine"), None);
        assert_eq!(check_audience(Some("https://archive.example")).expect("fine"), Some("https://archive.example"));
        for name in ["", "a\nb", &"x".repeat(256), "0933F3BC087D2A617AC6DCB2EF5B8A61"] {
            assert_eq!(check_audience(Some(name)).expect_err(name).fields[0].field, "audience");
        }
    }
}

//! Judges what a person typed into a page. A success comes once, with a session token that the tenant's server checks.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use pinfold_core::life::Verdict;
use pinfold_http::clock::rfc3339;
use pinfold_http::{Form, Problem, ProblemView};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::State;
use crate::session_token::Verified;
use crate::status::word;
use crate::verify::{Which, verify};

/// A guess.
#[derive(Deserialize, ToSchema)]
pub(crate) struct WidgetCheckForm {
    /// The token.
    token: String,
    /// The code as the person typed it.
    #[schema(example = "495021")]
    code: String,
}

/// What a guess was worth.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WidgetCheckView {
    /// `valid`, `invalid`, `verified`, `expired`, `exhausted` or `canceled`.
    #[schema(value_type = String, example = "valid")]
    status: &'static str,
    /// Guesses that are left.
    attempts_remaining: u8,
    /// A JWT that says `session: "2fa_verified"` and names the PIN: your server checks it with `/.well-known/jwks.json`.
    #[serde(skip_serializing_if = "Option::is_none")]
    session_token: Option<String>,
    /// When the session token ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    session_expires_at: Option<String>,
    /// Where this installation's own page goes now.
    #[serde(skip_serializing_if = "Option::is_none")]
    return_url: Option<String>,
    /// The origins that this installation's own page tells of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    origins: Vec<String>,
}

/// Judge what a person typed into a page.
#[utoipa::path(
    post,
    path = "/v1/widget/verification/check",
    operation_id = "widget.check",
    tag = "Widget",
    security(()),
    request_body(content = WidgetCheckForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "Judged", body = WidgetCheckView),
        (status = 400, description = "A field breaks a bound; nothing was spent", body = ProblemView, content_type = "application/problem+json"),
        (status = 401, description = "The token is not good", body = ProblemView, content_type = "application/problem+json"),
        (status = 403, description = "Not for this origin, or not allowed", body = ProblemView, content_type = "application/problem+json"),
        (status = 404, description = "Nothing was sent yet", body = ProblemView, content_type = "application/problem+json"),
        (status = 413, description = "Body too large", body = ProblemView, content_type = "application/problem+json"),
        (status = 415, description = "Not a form", body = ProblemView, content_type = "application/problem+json"),
        (status = 429, description = "Throttled or locked; nothing was spent, see Retry-After", body = ProblemView, content_type = "application/problem+json"),
        (status = 503, description = "Not available; see Retry-After", body = ProblemView, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn handler(
    state: Data<State>,
    request: HttpRequest,
    form: Form<WidgetCheckForm>,
) -> Result<HttpResponse, Problem> {
    let asked = form.value;
    let page = state.page(&request, &asked.token).await?;
    let which = Which::Pin(page.token.pin);
    let judged = verify(&state, &page.snapshot, &page.caller, which, "code", &asked.code, None).await?;
    let (status, attempts_remaining) = match judged.verdict {
        Verdict::Verified { .. } => ("valid", 0),
        Verdict::Wrong { remaining } => ("invalid", remaining),
        Verdict::Terminal(terminal) => (word(terminal), 0),
        Verdict::Refused(_) | Verdict::Alien | Verdict::Unknown => ("invalid", 0),
    };
    let mut answer = WidgetCheckView {
        status,
        attempts_remaining,
        session_token: None,
        session_expires_at: None,
        return_url: None,
        origins: Vec::new(),
    };
    if status == "valid" {
        let (token, ends_ms) = state.signer.sign(&Verified {
            subject: page.token.subject.as_deref(),
            recipient: &judged.recipient,
            application: page.token.application,
            pin: judged.pin,
            channel: judged.record.channel,
            seconds: page.token.session_s,
            now_ms: judged.now_ms,
            is_test: judged.record.flags.is_test,
        })?;
        (answer.session_token, answer.session_expires_at) = (Some(token), Some(rfc3339(ends_ms)));
        (answer.return_url, answer.origins) = (page.token.return_url, page.token.origins);
    }
    Ok(HttpResponse::Ok().json(answer))
}

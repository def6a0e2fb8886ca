//! Verifies by the link in a mail. Programs that look at mails open links, so opening one changes nothing: the page behind it has a
//! button, and only the press comes here. What the link says is in its fragment, which no server and no log on the way sees.

use actix_web::web::Data;
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use pinfold_core::access::{Actor, Environment, Scopes};
use pinfold_core::confirmation::Confirmation;
use pinfold_core::id::ApiKeyId;
use pinfold_core::life::Verdict;
use pinfold_core::sealed_token::{Kind, SealedToken};
use pinfold_http::visit::Visit;
use pinfold_http::{Caller, Code, Form, Problem, ProblemView};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::State;
use crate::status::word;
use crate::verify::{Which, verify};

/// What a link says.
#[derive(Deserialize, ToSchema)]
pub(crate) struct ConfirmationForm {
    /// The part of the link behind `#`.
    link: String,
}

/// What became of it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConfirmationView {
    /// `verified`, `expired`, `exhausted`, `canceled`, or `invalid` for a link whose code was replaced.
    #[schema(value_type = String, example = "verified")]
    status: &'static str,
}

/// Confirm by the link in a mail.
///
/// A press of the button on this installation's page asks it; a page of anybody else's may not. A second press is told the same.
#[utoipa::path(
    post,
    path = "/v1/confirmations",
    operation_id = "widget.confirm",
    tag = "Widget",
    security(()),
    request_body(content = ConfirmationForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "Judged", body = ConfirmationView),
        (status = 400, description = "The request cannot be understood", body = ProblemView, content_type = "application/problem+json"),
        (status = 401, description = "The link is none", body = ProblemView, content_type = "application/problem+json"),
        (status = 403, description = "Not this installation's page, or the application is disabled", body = ProblemView, content_type = "application/problem+json"),
        (status = 404, description = "The verification is gone", body = ProblemView, content_type = "application/problem+json"),
        (status = 413, description = "Body too large", body = ProblemView, content_type = "application/problem+json"),
        (status = 415, description = "Not a form", body = ProblemView, content_type = "application/problem+json"),
        (status = 429, description = "Throttled or locked; see Retry-After", body = ProblemView, content_type = "application/problem+json"),
        (status = 503, description = "Not available; see Retry-After", body = ProblemView, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn handler(
    state: Data<State>,
    request: HttpRequest,
    form: Form<ConfirmationForm>,
) -> Result<HttpResponse, Problem> {
    let no_link = || Problem::new(Code::Unauthorized).detail("This is no link of ours.");
    let sealed = SealedToken::parse(Kind::Confirmation, &form.value.link).ok_or_else(no_link)?;
    let snapshot = state.snapshot(sealed.tenant).await?;
    let confirmation: Confirmation = sealed.open(&snapshot.keys).ok_or_else(no_link)?;
    if !request.extensions().get::<Visit>().is_some_and(|visit| visit.is_own_page) {
        return Err(Problem::new(Code::Forbidden).detail("A link is confirmed on this installation's own page."));
    }
    let caller = Caller {
        tenant: snapshot.tenant,
        actor: Actor::Key(ApiKeyId::from_bytes([0; 16])),
        address: None,
        scopes: Scopes::default(),
        environment: Environment::Live,
        default_application: None,
    };
    let which = Which::Pin(confirmation.pin);
    let judged = verify(&state, &snapshot, &caller, which, "link", confirmation.code.expose(), None).await?;
    let status = match judged.verdict {
        Verdict::Verified { .. } => "verified",
        Verdict::Terminal(terminal) => word(terminal),
        Verdict::Wrong { .. } | Verdict::Refused(_) | Verdict::Alien | Verdict::Unknown => "invalid",
    };
    Ok(HttpResponse::Ok().json(ConfirmationView { status }))
}

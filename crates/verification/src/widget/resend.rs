//! Sends a page's code again, by the same way or another that the token allows: "call me instead". Same PIN, same expiry, same
//! guesses, and a pause before each.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use pinfold_http::clock::now_ms;
use pinfold_http::{Code, Form, Problem, ProblemView};
use serde::Deserialize;
use utoipa::ToSchema;

use super::send::{channel, is_address};
use super::view::WidgetView;
use crate::State;
use crate::dialects::trace;
use crate::resend::{Resend, resend};
use crate::state::hot_problem;

/// How a code is sent again.
#[derive(Deserialize, ToSchema)]
pub(crate) struct WidgetResendForm {
    /// The token.
    token: String,
    /// The way, one of the token's; without, that of the last message.
    #[schema(example = "voice")]
    channel: Option<String>,
}

/// Send a page's code again.
#[utoipa::path(
    post,
    path = "/v1/widget/verification/resend",
    operation_id = "widget.resend",
    tag = "Widget",
    security(()),
    request_body(content = WidgetResendForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "On its way", body = WidgetView),
        (status = 400, description = "A field breaks a bound", body = ProblemView, content_type = "application/problem+json"),
        (status = 401, description = "The token is not good", body = ProblemView, content_type = "application/problem+json"),
        (status = 403, description = "Not for this origin, or not allowed", body = ProblemView, content_type = "application/problem+json"),
        (status = 404, description = "Nothing was sent yet", body = ProblemView, content_type = "application/problem+json"),
        (status = 409, description = "The code is verified, exhausted, canceled or expired", body = ProblemView, content_type = "application/problem+json"),
        (status = 413, description = "Body too large", body = ProblemView, content_type = "application/problem+json"),
        (status = 415, description = "Not a form", body = ProblemView, content_type = "application/problem+json"),
        (status = 429, description = "Too soon, or a limit; see Retry-After", body = ProblemView, content_type = "application/problem+json"),
        (status = 503, description = "Not available; see Retry-After", body = ProblemView, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn handler(
    state: Data<State>,
    request: HttpRequest,
    form: Form<WidgetResendForm>,
) -> Result<HttpResponse, Problem> {
    let asked = form.value;
    let page = state.page(&request, &asked.token).await?;
    let pin = page.token.pin;
    let named = match asked.channel.as_deref() {
        None => None,
        Some(named) => {
            let record = state.hot.peek(page.caller.tenant, pin).await.map_err(hot_problem)?;
            let record = record.ok_or_else(|| Problem::new(Code::NotFound))?;
            let envelope =
                page.snapshot.keys.open_envelope(record.key_version, pin, &record.sealed).map_err(Problem::internal)?;
            Some(channel(&page, Some(named), is_address(&envelope.recipient))?)
        }
    };
    let trace = trace(&request);
    let again = Resend {
        channel: named,
        pause_ms: page.token.resend_s * 1_000,
        end_user_ip: page.address,
        trace: trace.as_deref(),
        ..Resend::new(pin)
    };
    let sent = resend(&state, &page.snapshot, &page.caller, again).await?;
    Ok(HttpResponse::Ok().json(WidgetView::sent(&page, &sent.recipient, sent.channel, now_ms())))
}

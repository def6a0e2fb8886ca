//! Sends the code of a page. The token names the PIN, so a second send to the same number gives the first one's answer and sends
//! nothing, and one to another number is refused.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use pinfold_core::channel::Channel;
use pinfold_core::recipient::Recipient;
use pinfold_http::clock::now_ms;
use pinfold_http::{Code, Form, Problem, ProblemView};
use pinfold_redis::Idempotency;
use serde::Deserialize;
use utoipa::ToSchema;

use super::page::Page;
use super::view::WidgetView;
use crate::State;
use crate::dialects::trace;
use crate::send::{Send, parse_recipient, send};

/// Who gets a code.
#[derive(Deserialize, ToSchema)]
pub(crate) struct WidgetSendForm {
    /// The token.
    token: String,
    /// The number or address, where the token says none.
    #[schema(example = "+41793026727")]
    to: Option<String>,
    /// The way, one of the token's; without, the first that reaches the recipient.
    #[schema(example = "sms")]
    channel: Option<String>,
}

/// Send a page's code.
#[utoipa::path(
    post,
    path = "/v1/widget/verification/send",
    operation_id = "widget.send",
    tag = "Widget",
    security(()),
    request_body(content = WidgetSendForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "On its way", body = WidgetView),
        (status = 400, description = "A field breaks a bound", body = ProblemView, content_type = "application/problem+json"),
        (status = 401, description = "The token is not good", body = ProblemView, content_type = "application/problem+json"),
        (status = 403, description = "Not for this origin, or not allowed", body = ProblemView, content_type = "application/problem+json"),
        (status = 404, description = "The application or template is gone", body = ProblemView, content_type = "application/problem+json"),
        (status = 409, description = "The code went to somebody else: ask for a new token", body = ProblemView, content_type = "application/problem+json"),
        (status = 413, description = "Body too large", body = ProblemView, content_type = "application/problem+json"),
        (status = 415, description = "Not a form", body = ProblemView, content_type = "application/problem+json"),
        (status = 429, description = "A limit; see Retry-After", body = ProblemView, content_type = "application/problem+json"),
        (status = 503, description = "Not available; see Retry-After", body = ProblemView, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn handler(
    state: Data<State>,
    request: HttpRequest,
    form: Form<WidgetSendForm>,
) -> Result<HttpResponse, Problem> {
    let asked = form.value;
    let page = state.page(&request, &asked.token).await?;
    let token = &page.token;
    let typed = asked.to.as_deref().map(str::trim).filter(|to| !to.is_empty());
    let to = match (&token.to, typed) {
        (Some(fixed), None) => fixed.as_str(),
        (None, Some(typed)) => typed,
        (Some(_), Some(_)) => return Err(Problem::field("to", "must not be given: the token says who gets the code")),
        (None, None) => return Err(Problem::field("to", "must be given")),
    };
    let channel = channel(&page, asked.channel.as_deref(), to.contains('@'))?;
    let recipient = parse_recipient("to", to, channel)?;
    let keys = &page.snapshot.keys;
    let first = Idempotency {
        key: keys.keyed_hash("widget", &[token.pin.as_bytes()]),
        body: keys.keyed_hash("widget send", &[recipient.text().as_bytes()]),
    };
    let trace = trace(&request);
    let pin = Send {
        pin: Some(token.pin),
        message: token.message,
        placeholders: token.placeholders.clone(),
        // It also leaves its time behind, which the pause before another message counts from.
        pause_ms: token.resend_s * 1_000,
        end_user_ip: page.address,
        risk_key: token.risk_key.as_deref(),
        idempotency: Some(first),
        trace: trace.as_deref(),
        ..Send::new(token.application, channel, recipient)
    };
    let sent = send(&state, &page.caller, pin).await.map_err(|problem| match problem.code {
        Code::IdempotencyKeyReused => Problem::new(Code::PinOver).detail("The code went to somebody else. Ask for a new token."),
        _ => problem,
    })?;
    Ok(HttpResponse::Ok().json(WidgetView::sent(&page, &sent.recipient, channel, now_ms())))
}

/// The way that is asked for, or the token's first that reaches such a recipient.
///
/// # Errors
/// 400 when the token has none.
pub(super) fn channel(page: &Page, named: Option<&str>, is_address: bool) -> Result<Channel, Problem> {
    let fits = |channel: &Channel| (*channel == Channel::Email) == is_address;
    let found = match named {
        None => page.token.channels().find(fits),
        Some(named) => page.token.channels().find(|channel| channel.name() == named && fits(channel)),
    };
    let must = || match named {
        Some(_) => Problem::field("channel", "must be a way that the token allows and that reaches the recipient"),
        None if is_address => Problem::field("to", "must be a phone number in international form, such as 41793026727"),
        None => Problem::field("to", "must be one e-mail address, such as john.smith@example.com"),
    };
    found.ok_or_else(must)
}

/// Whether a recipient is an address.
pub(super) fn is_address(recipient: &Recipient) -> bool {
    matches!(recipient, Recipient::Email(_))
}

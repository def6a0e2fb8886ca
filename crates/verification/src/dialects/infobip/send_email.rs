//! Sends a PIN by e-mail.

use std::collections::BTreeMap;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use pinfold_core::channel::Channel;
use pinfold_http::{ApiException, Authorized, Body, PinSend, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use super::wire::{EmailStarted, Start, start};
use crate::State;

/// A PIN to send by e-mail.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StartEmailAuthentication {
    /// The application.
    #[schema(example = "0933F3BC087D2A617AC6DCB2EF5B8A61")]
    application_id: String,
    /// The message template, which must be one for e-mail.
    #[schema(example = "9C815F8AF33280011223344556677889")]
    message_id: String,
    /// One e-mail address.
    #[schema(example = "john.smith@example.com")]
    to: String,
    /// The sender's address, with or without a name before it, instead of the template's.
    #[schema(example = "Jane Smith <jane.smith@example.com>")]
    from: Option<String>,
    /// Values of the template's placeholders; exactly those that it uses, here or below.
    placeholders: Option<BTreeMap<String, String>>,
    /// Values of the landing page's placeholders; the template may use them too.
    landing_page_placeholders: Option<BTreeMap<String, String>>,
}

/// Send a PIN by e-mail.
#[utoipa::path(
    post,
    path = "/2fa/2/pin/email",
    operation_id = "pins.send_email",
    tag = "PINs (Infobip 2FA)",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key and body within a day give the first answer again")),
    request_body = StartEmailAuthentication,
    responses(
        (status = 200, description = "On its way", body = EmailStarted),
        (status = 400, description = "A field breaks a bound", body = ApiException),
        (status = 401, description = "No valid credential", body = ApiException),
        (status = 403, description = "Not allowed", body = ApiException),
        (status = 404, description = "No such application or template", body = ApiException),
        (status = 413, description = "Body too large", body = ApiException),
        (status = 415, description = "Not JSON", body = ApiException),
        (status = 422, description = "The idempotency key was used with another request", body = ApiException),
        (status = 429, description = "A limit; see Retry-After", body = ApiException),
        (status = 503, description = "Not available; see Retry-After", body = ApiException),
    )
)]
pub async fn handler(
    caller: Authorized<PinSend>,
    state: Data<State>,
    request: HttpRequest,
    body: Body<StartEmailAuthentication>,
) -> Result<HttpResponse, Problem> {
    let Body { value: asked, bytes } = body;
    let mut placeholders = asked.placeholders.unwrap_or_default();
    placeholders.extend(asked.landing_page_placeholders.unwrap_or_default());
    let sent = start(
        &state,
        &caller,
        &request,
        Start {
            channel: Channel::Email,
            operation: "send email",
            application_id: &asked.application_id,
            message_id: &asked.message_id,
            to: &asked.to,
            from: asked.from,
            placeholders,
            checks_line: false,
            body: &bytes,
        },
    )
    .await?;
    Ok(HttpResponse::Ok().json(EmailStarted::new(sent.pin.to_string(), sent.recipient.text().to_owned())))
}

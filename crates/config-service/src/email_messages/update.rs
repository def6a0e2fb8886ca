//! Changes a template for e-mail. What the request leaves out stays.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_core::field::{Checks, FieldError};
use pinfold_core::limits::Ceilings;
use pinfold_core::message::{Body as MessageBody, Message};
use pinfold_http::{Authorized, Body, ConfigWrite, Problem};

use super::email::EmailRequest;
use crate::messages::text::length;
use crate::messages::view::{EmailMessageView, MessageView};
use crate::messages::{of, place};
use crate::refusals::{ApiException, InfobipOneBody};
use crate::{State, store};

/// Changes a message template for e-mail.
#[utoipa::path(
    put,
    path = "/2fa/2/applications/{appId}/email/messages/{msgId}",
    operation_id = "email_messages.update",
    tag = "Message templates",
    params(
        ("appId" = String, Path, description = "The application", example = "0933F3BC087D2A617AC6DCB2EF5B8A61"),
        ("msgId" = String, Path, description = "The template", example = "9C815F8AF33280F9B2E21C6A1D3F0A77"),
    ),
    request_body = EmailRequest,
    responses(
        (status = 200, description = "The template after the change", body = EmailMessageView),
        (status = 400, description = "A field is past its bound", body = ApiException),
        InfobipOneBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    path: Path<(String, String)>,
    body: Body<EmailRequest>,
) -> Result<HttpResponse, Problem> {
    let (application, id) = place(&path)?;
    let ceilings = state.ceilings;
    let change = move |stored| apply(body.value, of(application, stored)?, &ceilings)?.ok_or_else(store::missing);
    let message = store::found(state.database.tenant(caller.tenant).messages().update(id, change).await)??;
    Ok(HttpResponse::Ok().json(MessageView::from(message)))
}

/// The template after the change; `None` when it is one for SMS and voice.
fn apply(request: EmailRequest, mut message: Message, ceilings: &Ceilings) -> Result<Option<Message>, Vec<FieldError>> {
    let MessageBody::Email(body) = &mut message.body else { return Ok(None) };
    let mut checks = Checks::default();
    if let Some(length) = length(request.pin_length.as_ref(), ceilings, &mut checks) {
        message.pin_length = length;
    }
    if let Some(alphabet) = request.pin_type {
        message.alphabet = alphabet;
    }
    request.fill(body, &mut checks);
    checks.finish()?;
    Ok(Some(message))
}

#[cfg(test)]
mod tests {
    use pinfold_core::alphabet::Alphabet;
    use pinfold_core::id::{ApplicationId, MessageId};
    use pinfold_core::message::EmailBody;
    use pinfold_core::template::{PIN_PLACEHOLDER, Template};
    use serde_json::{Value, json};

    use super::*;

    fn message() -> Message {
        let body = EmailBody {
            email_template_id: 1234,
            from: Some("company@example.com".into()),
            landing_page_id: Some("1_23456".into()),
            subject: "Hi {{name}}".into(),
            text: "{{name}}: {{pin}}".into(),
            template: Template::parse("{{name}}: {{pin}}", PIN_PLACEHOLDER).expect("a template"),
            html: None,
            html_template: None,
        };
        let (id, application) = (MessageId::from_bytes([1; 16]), ApplicationId::from_bytes([2; 16]));
        Message { id, application, alphabet: Alphabet::Hex, pin_length: 8, body: MessageBody::Email(body) }
    }

    fn changed(request: Value) -> Result<Message, Vec<String>> {
        let request: EmailRequest = serde_json::from_value(request).expect("of the right shape");
        let fields = |errors: Vec<FieldError>| errors.into_iter().map(|error| error.field.into_owned()).collect();
        apply(request, message(), &Ceilings::default()).map(|message| message.expect("one for e-mail")).map_err(fields)
    }

    #[test]
    fn what_is_left_out_stays() {
        assert_eq!(changed(json!({})), Ok(message()));
        assert_eq!(changed(json!({"pinLength": 6})), Ok(Message { pin_length: 6, ..message() }));
        assert_eq!(changed(json!({"pinType": "ALPHA"})), Ok(Message { alphabet: Alphabet::Alpha, ..message() }));
    }

    #[test]
    fn bounds_hold_for_the_whole_after_the_change() {
        assert_eq!(changed(json!({"pinLength": 3, "from": "x"})), Err(vec!["pinLength".into(), "from".into()]));
        // The subject that stays uses a placeholder that the new text lacks.
        assert_eq!(changed(json!({"text": "{{pin}}"})), Err(vec!["subject".into()]));
        changed(json!({"text": "{{pin}}", "subject": "Code"})).expect("fine together");
    }
}

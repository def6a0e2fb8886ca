//! Changes a template for SMS and voice. What the request leaves out stays.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_core::field::{Checks, FieldError};
use pinfold_core::limits::Ceilings;
use pinfold_core::message::{Body as MessageBody, Message};
use pinfold_http::{Authorized, Body, ConfigWrite, Problem};

use super::find::{of, place};
use super::text::{TextRequest, template};
use super::view::{MessageView, TextMessageView};
use crate::refusals::{ApiException, InfobipOneBody};
use crate::{State, store};

/// Changes a message template for SMS and voice.
#[utoipa::path(
    put,
    path = "/2fa/2/applications/{appId}/messages/{msgId}",
    operation_id = "messages.update",
    tag = "Message templates",
    params(
        ("appId" = String, Path, description = "The application", example = "0933F3BC087D2A617AC6DCB2EF5B8A61"),
        ("msgId" = String, Path, description = "The template", example = "B628A31410306DDB2BFB0D9CF1F3A3FF"),
    ),
    request_body = TextRequest,
    responses(
        (status = 200, description = "The template after the change", body = TextMessageView),
        (status = 400, description = "A field is past its bound", body = ApiException),
        InfobipOneBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    path: Path<(String, String)>,
    body: Body<TextRequest>,
) -> Result<HttpResponse, Problem> {
    let (application, id) = place(&path)?;
    let ceilings = state.ceilings;
    let change = move |stored| apply(body.value, of(application, stored)?, &ceilings)?.ok_or_else(store::missing);
    let message = store::found(state.database.tenant(caller.tenant).messages().update(id, change).await)??;
    Ok(HttpResponse::Ok().json(MessageView::from(message)))
}

/// The template after the change; `None` when it is one for e-mail.
fn apply(mut request: TextRequest, mut message: Message, ceilings: &Ceilings) -> Result<Option<Message>, Vec<FieldError>> {
    let MessageBody::Text(body) = &mut message.body else { return Ok(None) };
    let mut checks = Checks::default();
    if request.message_text.is_some() || request.pin_placeholder.is_some() {
        body.text = request.message_text.take().unwrap_or_else(|| body.text.clone());
        body.pin_placeholder = request.pin_placeholder.take().unwrap_or_else(|| body.pin_placeholder.clone());
        if let Some(template) = template("messageText", &body.text, &body.pin_placeholder, &mut checks) {
            body.template = template;
        }
    }
    if let Some(length) = request.length(ceilings, &mut checks) {
        message.pin_length = length;
    }
    if let Some(alphabet) = request.pin_type {
        message.alphabet = alphabet;
    }
    request.check(&mut checks);
    checks.finish()?;
    request.fill(body);
    Ok(Some(message))
}

#[cfg(test)]
mod tests {
    use pinfold_core::alphabet::Alphabet;
    use pinfold_core::id::{ApplicationId, MessageId};
    use pinfold_core::language::Language;
    use pinfold_core::message::{Autofill, EmailBody, IndiaDlt, TextBody};
    use pinfold_core::template::{PIN_PLACEHOLDER, Template};
    use serde_json::{Value, json};

    use super::*;

    fn message() -> Message {
        let (text, pin_placeholder) = ("Your pin is <pin>".to_owned(), "<pin>".to_owned());
        let ids = IndiaDlt { principal_entity_id: "1".into(), content_template_id: None, tele_marketer_id: None };
        let body = TextBody {
            template: Template::parse(&text, &pin_placeholder).expect("a template"),
            text,
            pin_placeholder,
            sender: Some("before".into()),
            language: Language::German,
            voice_name: Some("Vicki".into()),
            repeat_dtmf: Some("1#".into()),
            speech_rate: Some(1.5),
            india_dlt: Some(ids),
            autofill: Autofill { web_origin: Some("example.com".into()), android_hash: None },
        };
        let (id, application) = (MessageId::from_bytes([1; 16]), ApplicationId::from_bytes([2; 16]));
        Message { id, application, alphabet: Alphabet::Hex, pin_length: 8, body: MessageBody::Text(body) }
    }

    fn changed(request: Value) -> Result<Message, Vec<String>> {
        let request: TextRequest = serde_json::from_value(request).expect("of the right shape");
        let fields = |errors: Vec<FieldError>| errors.into_iter().map(|error| error.field.into_owned()).collect();
        apply(request, message(), &Ceilings::default()).map(|message| message.expect("a text")).map_err(fields)
    }

    fn with(change: impl FnOnce(&mut TextBody)) -> Message {
        let mut message = message();
        let MessageBody::Text(body) = &mut message.body else { panic!("a text") };
        change(body);
        message
    }

    #[test]
    fn what_is_left_out_stays() {
        assert_eq!(changed(json!({})), Ok(message()));
        assert_eq!(changed(json!({"senderId": null, "messageText": null, "regional": null, "autofill": null})), Ok(message()));
        assert_eq!(changed(json!({"pinLength": 6})), Ok(Message { pin_length: 6, ..message() }));
        assert_eq!(changed(json!({"pinType": "ALPHA"})), Ok(Message { alphabet: Alphabet::Alpha, ..message() }));
        assert_eq!(changed(json!({"senderId": "after"})), Ok(with(|body| body.sender = Some("after".into()))));
        assert_eq!(changed(json!({"regional": {}})), Ok(with(|body| body.india_dlt = None)));
        assert_eq!(changed(json!({"autofill": {}})), Ok(with(|body| body.autofill = Autofill::default())));
    }

    #[test]
    fn text_and_placeholder_are_judged_together() {
        assert_eq!(changed(json!({"messageText": "{{pin}}"})), Err(vec!["messageText".into()]));
        assert_eq!(changed(json!({"pinPlaceholder": "{{pin}}"})), Err(vec!["messageText".into()]));
        assert_eq!(changed(json!({"pinPlaceholder": ""})), Err(vec!["pinPlaceholder".into()]));
        let message = changed(json!({"messageText": "Now {{pin}}", "pinPlaceholder": PIN_PLACEHOLDER})).expect("fine");
        assert_eq!(
            message,
            with(|body| {
                body.text = "Now {{pin}}".into();
                body.pin_placeholder = PIN_PLACEHOLDER.into();
                body.template = Template::parse("Now {{pin}}", PIN_PLACEHOLDER).expect("a template");
            })
        );
        changed(json!({"messageText": "Jetzt <pin>"})).expect("the placeholder stays");
    }

    #[test]
    fn bounds_hold_for_changes_too() {
        assert_eq!(changed(json!({"pinLength": 3, "speechRate": 9})), Err(vec!["pinLength".into(), "speechRate".into()]));
    }

    #[test]
    fn a_template_for_email_is_not_here() {
        let email = EmailBody {
            email_template_id: 1,
            from: None,
            landing_page_id: None,
            subject: "Code".into(),
            text: "{{pin}}".into(),
            template: Template::parse("{{pin}}", PIN_PLACEHOLDER).expect("a template"),
            html: None,
            html_template: None,
        };
        let message = Message { body: MessageBody::Email(email), ..message() };
        assert_eq!(apply(TextRequest::default(), message, &Ceilings::default()), Ok(None));
    }
}

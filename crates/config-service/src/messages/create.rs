//! Creates a template for SMS and voice.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use pinfold_core::alphabet::Alphabet;
use pinfold_core::field::{Checks, FieldError};
use pinfold_core::id::{ApplicationId, MessageId};
use pinfold_core::language::Language;
use pinfold_core::limits::Ceilings;
use pinfold_core::message::{Autofill, Body as MessageBody, Message, TextBody};
use pinfold_core::template::PIN_PLACEHOLDER;
use pinfold_http::{Authorized, Body, ConfigWrite, Problem};
use serde::Deserialize;
use serde_json::Number;
use utoipa::ToSchema;

use super::text::{RegionalRequest, TextRequest, template};
use super::view::{MessageView, TextMessageView};
use super::{AutofillSchema, DEFAULT_LENGTH, LanguageSchema, PinTypeSchema};
use crate::refusals::{ApiException, InfobipOneBody};
use crate::{State, store};

/// A template for SMS and voice to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MessageCreateRequest)]
pub(crate) struct CreateRequest {
    /// The text, with the PIN placeholder at least once and others as `{{name}}`.
    #[schema(min_length = 1, max_length = 1530, example = "Your PIN is {{pin}}")]
    message_text: String,
    /// What stands for the PIN in the text; `{{pin}}` by default.
    #[schema(min_length = 3, max_length = 32, example = "{{pin}}")]
    pin_placeholder: Option<String>,
    #[schema(value_type = PinTypeSchema)]
    pin_type: Alphabet,
    /// How many characters the PIN has; 6 by default.
    #[schema(value_type = Option<i32>, minimum = 4, example = 6)]
    pin_length: Option<Number>,
    /// The sender shown to the person.
    #[schema(min_length = 1, max_length = 16, example = "Example")]
    sender_id: Option<String>,
    #[schema(value_type = Option<LanguageSchema>)]
    language: Option<Language>,
    /// The voice a call is spoken by.
    #[schema(min_length = 1, max_length = 50, example = "Joanna")]
    voice_name: Option<String>,
    /// The keys that replay a call.
    #[serde(rename = "repeatDTMF")]
    #[schema(pattern = "^[0-9*#]{1,4}$", example = "1#")]
    repeat_dtmf: Option<String>,
    /// The speed of speech.
    #[schema(value_type = Option<f64>, minimum = 0.5, maximum = 2, example = 1.0)]
    speech_rate: Option<Number>,
    /// What a region's law asks for.
    regional: Option<RegionalRequest>,
    /// Lines that let a phone fill in the PIN by itself.
    #[schema(value_type = Option<AutofillSchema>)]
    autofill: Option<Autofill>,
}

/// Creates a message template for SMS and voice.
#[utoipa::path(
    post,
    path = "/2fa/2/applications/{appId}/messages",
    operation_id = "messages.create",
    tag = "Message templates",
    params(("appId" = String, Path, description = "The application", example = "0933F3BC087D2A617AC6DCB2EF5B8A61")),
    request_body = CreateRequest,
    responses(
        (status = 200, description = "The template", body = TextMessageView),
        (status = 400, description = "A field is missing or past its bound", body = ApiException),
        InfobipOneBody,
    )
)]
pub(crate) async fn handler(
    caller: Authorized<ConfigWrite>,
    state: Data<State>,
    path: Path<String>,
    body: Body<CreateRequest>,
) -> Result<HttpResponse, Problem> {
    let tenant = state.database.tenant(caller.tenant);
    let application = store::found(tenant.applications().get(store::id(&path)?).await)?;
    let message = body.value.check(application.id, &state.ceilings)?;
    tenant.messages().create(message.clone()).await.map_err(store::problem)?;
    Ok(HttpResponse::Ok().json(MessageView::from(message)))
}

impl CreateRequest {
    fn check(self, application: ApplicationId, ceilings: &Ceilings) -> Result<Message, Vec<FieldError>> {
        let (text, alphabet) = (self.message_text, self.pin_type);
        let pin_placeholder = self.pin_placeholder.unwrap_or_else(|| PIN_PLACEHOLDER.to_owned());
        let rest = TextRequest {
            message_text: None,
            pin_placeholder: None,
            pin_type: None,
            pin_length: self.pin_length,
            sender_id: self.sender_id,
            language: self.language,
            voice_name: self.voice_name,
            repeat_dtmf: self.repeat_dtmf,
            speech_rate: self.speech_rate,
            regional: self.regional,
            autofill: self.autofill,
        };
        let mut checks = Checks::default();
        let template = template("messageText", &text, &pin_placeholder, &mut checks);
        let pin_length = rest.length(ceilings, &mut checks).unwrap_or(DEFAULT_LENGTH);
        rest.check(&mut checks);
        checks.finish()?;
        let mut body = TextBody {
            text,
            pin_placeholder,
            template: template.expect("a text that is no template is a fault"),
            sender: None,
            language: Language::default(),
            voice_name: None,
            repeat_dtmf: None,
            speech_rate: None,
            india_dlt: None,
            autofill: Autofill::default(),
        };
        rest.fill(&mut body);
        Ok(Message { id: MessageId::random(), application, alphabet, pin_length, body: MessageBody::Text(body) })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(request: Value) -> Result<Message, Vec<String>> {
        let request: CreateRequest = serde_json::from_value(request).expect("of the right shape");
        let fields = |errors: Vec<FieldError>| errors.into_iter().map(|error| error.field.into_owned()).collect();
        request.check(ApplicationId::from_bytes([1; 16]), &Ceilings::default()).map_err(fields)
    }

    fn text(message: Message) -> TextBody {
        let MessageBody::Text(body) = message.body else { panic!("a template for SMS and voice") };
        body
    }

    #[test]
    fn what_is_left_out_is_safe() {
        let message = check(json!({"messageText": "Your pin is {{pin}}", "pinType": "NUMERIC"})).expect("fine");
        assert_eq!((message.pin_length, message.alphabet), (6, Alphabet::Numeric));
        let body = text(message);
        assert_eq!((body.language, body.pin_placeholder.as_str(), body.sender), (Language::English, "{{pin}}", None));
    }

    #[test]
    fn the_tutorials_request_is_fine() {
        let message = check(json!({"pinType": "NUMERIC", "pinPlaceholder": "<pin>", "messageText": "Your pin is <pin>",
            "pinLength": 4, "senderId": "Infobip 2FA", "language": "en", "repeatDTMF": "1#", "speechRate": 1}))
        .expect("fine");
        assert_eq!(message.pin_length, 4);
        let body = text(message);
        assert_eq!(
            (body.repeat_dtmf.as_deref(), body.speech_rate, body.sender.as_deref()),
            (Some("1#"), Some(1.0), Some("Infobip 2FA"))
        );
    }

    #[test]
    fn a_text_has_the_pin_and_clean_placeholders() {
        for (text, placeholder, field) in [
            ("Your pin is <pin>", None, "messageText"),
            ("Your pin is {{pin}}", Some("<pin>"), "messageText"),
            ("Your pin is ", Some(""), "pinPlaceholder"),
            ("Your pin is pin", Some("pin"), "pinPlaceholder"),
            ("{{pin}} {{7*7}}", None, "messageText"),
            ("{{pin}} {{open", None, "messageText"),
            ("{{pin}}\u{2028}@evil.example #000000", None, "messageText"),
            ("{{pin}}\r", None, "messageText"),
            ("", None, "messageText"),
            (&format!("{{{{pin}}}}{}", "x".repeat(1_530)), None, "messageText"),
        ] {
            let mut request = json!({"messageText": text, "pinType": "NUMERIC"});
            request["pinPlaceholder"] = json!(placeholder);
            assert_eq!(check(request), Err(vec![field.into()]), "{text:?} {placeholder:?}");
        }
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let faults = check(json!({"messageText": "no", "pinType": "HEX", "pinLength": 99, "senderId": "", "speechRate": 3}));
        assert_eq!(faults, Err(vec!["messageText".into(), "pinLength".into(), "senderId".into(), "speechRate".into()]));
    }

    #[test]
    fn text_and_pin_type_are_needed() {
        for request in [
            json!({}),
            json!({"messageText": "{{pin}}"}),
            json!({"pinType": "HEX"}),
            json!({"messageText": null, "pinType": "HEX"}),
        ] {
            assert!(serde_json::from_value::<CreateRequest>(request.clone()).is_err(), "{request}");
        }
    }

    #[test]
    fn fields_that_nobody_may_set_are_ignored() {
        let id = "0".repeat(32);
        let message =
            check(json!({"messageText": "{{pin}}", "pinType": "HEX", "messageId": id, "applicationId": id, "tenantId": id}))
                .expect("fine");
        assert_ne!(message.id.to_string(), id);
        assert_eq!(message.application, ApplicationId::from_bytes([1; 16]));
    }
}

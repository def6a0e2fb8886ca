//! Message templates as a client sees them: exactly the vendor's fields, and ours beside them.

use pinfold_core::alphabet::Alphabet;
use pinfold_core::id::{ApplicationId, MessageId};
use pinfold_core::language::Language;
use pinfold_core::message::{Autofill, Body, EmailBody, IndiaDlt, Message, TextBody};
use serde::Serialize;
use utoipa::ToSchema;

use super::{AutofillSchema, LanguageSchema, PinTypeSchema};

/// A message template of either kind.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = AnyMessage)]
pub(crate) enum MessageView {
    /// For SMS and voice.
    Text(TextMessageView),
    /// For e-mail.
    Email(EmailMessageView),
}

/// A message template for SMS and voice.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Message)]
pub(crate) struct TextMessageView {
    /// Its id.
    #[schema(value_type = String, example = "B628A31410306DDB2BFB0D9CF1F3A3FF")]
    message_id: MessageId,
    /// The application it belongs to.
    #[schema(value_type = String, example = "0933F3BC087D2A617AC6DCB2EF5B8A61")]
    application_id: ApplicationId,
    /// What stands for the PIN in the text.
    #[schema(example = "{{pin}}")]
    pin_placeholder: String,
    /// The text.
    #[schema(example = "Your PIN is {{pin}}")]
    message_text: String,
    /// How many characters the PIN has.
    #[schema(example = 6)]
    pin_length: u8,
    #[schema(value_type = PinTypeSchema)]
    pin_type: Alphabet,
    #[schema(value_type = LanguageSchema)]
    language: Language,
    /// The voice a call is spoken by.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Joanna")]
    voice_name: Option<String>,
    /// The sender shown to the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Example")]
    sender_id: Option<String>,
    /// The keys that replay a call.
    #[serde(rename = "repeatDTMF", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "1#")]
    repeat_dtmf: Option<String>,
    /// The speed of speech.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 1.0)]
    speech_rate: Option<f64>,
    /// What a region's law asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    regional: Option<RegionalView>,
    /// Lines that let a phone fill in the PIN by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<AutofillSchema>)]
    autofill: Option<Autofill>,
}

/// What a region's law asks for.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Regional)]
struct RegionalView {
    /// India's distributed ledger ids.
    india_dlt: IndiaDltView,
}

/// India's distributed ledger ids.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = IndiaDlt)]
struct IndiaDltView {
    /// The principal entity.
    principal_entity_id: String,
    /// The content template.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    content_template_id: Option<String>,
    /// The telemarketer chain.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    tele_marketer_id: Option<String>,
}

/// A message template for e-mail.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EmailMessage)]
pub(crate) struct EmailMessageView {
    /// Its id.
    #[schema(value_type = String, example = "9C815F8AF33280F9B2E21C6A1D3F0A77")]
    message_id: MessageId,
    /// The application it belongs to.
    #[schema(value_type = String, example = "0933F3BC087D2A617AC6DCB2EF5B8A61")]
    application_id: ApplicationId,
    /// How many characters the PIN has.
    #[schema(example = 6)]
    pin_length: u8,
    #[schema(value_type = PinTypeSchema)]
    pin_type: Alphabet,
    /// The sender's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Example <no-reply@example.com>")]
    from: Option<String>,
    /// The tenant's own number of the template.
    #[schema(example = 1234)]
    email_template_id: i64,
    /// The tenant's landing page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "1_23456")]
    landing_page_id: Option<String>,
    /// The subject.
    #[schema(example = "Your verification code")]
    subject: String,
    /// The plain text.
    #[schema(example = "Your verification code is {{pin}}.")]
    text: String,
    /// The HTML alternative.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    html: Option<String>,
}

impl From<Message> for MessageView {
    fn from(message: Message) -> Self {
        let Message { id, application, alphabet, pin_length, body } = message;
        match body {
            Body::Text(body) => Self::Text(text(id, application, alphabet, pin_length, body)),
            Body::Email(body) => Self::Email(email(id, application, alphabet, pin_length, body)),
        }
    }
}

fn text(id: MessageId, application: ApplicationId, alphabet: Alphabet, pin_length: u8, body: TextBody) -> TextMessageView {
    TextMessageView {
        message_id: id,
        application_id: application,
        pin_placeholder: body.pin_placeholder,
        message_text: body.text,
        pin_length,
        pin_type: alphabet,
        language: body.language,
        voice_name: body.voice_name,
        sender_id: body.sender,
        repeat_dtmf: body.repeat_dtmf,
        speech_rate: body.speech_rate,
        regional: body.india_dlt.map(|ids| RegionalView { india_dlt: ids.into() }),
        autofill: Some(body.autofill).filter(|autofill| !autofill.is_empty()),
    }
}

fn email(id: MessageId, application: ApplicationId, alphabet: Alphabet, pin_length: u8, body: EmailBody) -> EmailMessageView {
    EmailMessageView {
        message_id: id,
        application_id: application,
        pin_length,
        pin_type: alphabet,
        from: body.from,
        email_template_id: body.email_template_id,
        landing_page_id: body.landing_page_id,
        subject: body.subject,
        text: body.text,
        html: body.html,
    }
}

impl From<IndiaDlt> for IndiaDltView {
    fn from(ids: IndiaDlt) -> Self {
        Self {
            principal_entity_id: ids.principal_entity_id,
            content_template_id: ids.content_template_id,
            tele_marketer_id: ids.tele_marketer_id,
        }
    }
}

#[cfg(test)]
mod tests {
    use pinfold_core::template::{PIN_PLACEHOLDER, Template};
    use serde_json::json;

    use super::*;

    fn view(body: Body) -> serde_json::Value {
        let (id, application) = (MessageId::from_bytes([1; 16]), ApplicationId::from_bytes([2; 16]));
        let message = Message { id, application, alphabet: Alphabet::Alphanumeric, pin_length: 4, body };
        serde_json::to_value(MessageView::from(message)).expect("serialises")
    }

    #[test]
    fn a_text_has_the_vendors_fields_and_no_empty_ones() {
        let full = TextBody {
            text: "Your pin is {{pin}}".into(),
            pin_placeholder: PIN_PLACEHOLDER.into(),
            template: Template::parse("Your pin is {{pin}}", PIN_PLACEHOLDER).expect("a template"),
            sender: Some("Infobip 2FA".into()),
            language: Language::English,
            voice_name: Some("Joanna".into()),
            repeat_dtmf: Some("1#".into()),
            speech_rate: Some(1.0),
            india_dlt: None,
            autofill: Autofill::default(),
        };
        let bare = TextBody { sender: None, voice_name: None, repeat_dtmf: None, speech_rate: None, ..full.clone() };
        let common = json!({
            "messageId": "01010101010101010101010101010101", "applicationId": "02020202020202020202020202020202",
            "pinPlaceholder": "{{pin}}", "messageText": "Your pin is {{pin}}", "pinLength": 4, "pinType": "ALPHANUMERIC",
            "language": "en",
        });
        assert_eq!(view(Body::Text(bare)), common);
        let mut expected = common;
        expected["voiceName"] = json!("Joanna");
        expected["senderId"] = json!("Infobip 2FA");
        expected["repeatDTMF"] = json!("1#");
        expected["speechRate"] = json!(1.0);
        assert_eq!(view(Body::Text(full)), expected);
    }

    #[test]
    fn an_email_has_the_vendors_fields_and_ours() {
        let body = EmailBody {
            email_template_id: 1234,
            from: Some("company@example.com".into()),
            landing_page_id: Some("1_23456".into()),
            subject: "Code".into(),
            text: "{{pin}}".into(),
            template: Template::parse("{{pin}}", PIN_PLACEHOLDER).expect("a template"),
            html: None,
            html_template: None,
        };
        let expected = json!({
            "messageId": "01010101010101010101010101010101", "applicationId": "02020202020202020202020202020202",
            "pinLength": 4, "pinType": "ALPHANUMERIC", "from": "company@example.com", "emailTemplateId": 1234,
            "landingPageId": "1_23456", "subject": "Code", "text": "{{pin}}",
        });
        assert_eq!(view(Body::Email(body)), expected);
    }
}

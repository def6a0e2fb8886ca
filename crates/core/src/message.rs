//! A message template: what a person reads or hears, and what kind of PIN it carries.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::alphabet::Alphabet;
use crate::field::FieldError;
use crate::id::{ApplicationId, MessageId};
use crate::language::Language;
use crate::pin::Pin;
use crate::template::{Template, check_values};
use crate::wording::Wording;

/// A message template of an application.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Its id. The id of the application itself names the application's built-in text.
    pub id: MessageId,
    /// The application it belongs to.
    pub application: ApplicationId,
    /// What the PIN is made of.
    pub alphabet: Alphabet,
    /// How many characters the PIN has.
    pub pin_length: u8,
    /// What carries it.
    pub body: Body,
}

/// The two kinds of templates.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// For SMS and voice.
    Text(TextBody),
    /// For e-mail.
    Email(EmailBody),
}

/// A template for SMS and voice, as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct TextBody {
    /// The text as it was written.
    pub text: String,
    /// What stands for the PIN in it.
    pub pin_placeholder: String,
    /// The parsed text.
    pub template: Template,
    /// The sender shown to the person.
    pub sender: Option<String>,
    /// The language a call is spoken in.
    pub language: Language,
    /// The voice a call is spoken by.
    pub voice_name: Option<String>,
    /// The key that replays a call, such as `1#`.
    pub repeat_dtmf: Option<String>,
    /// The speed of speech, 0.5 to 2.
    pub speech_rate: Option<f64>,
    /// Registration ids that India asks for.
    pub india_dlt: Option<IndiaDlt>,
    /// Lines that let a phone fill in the PIN by itself.
    pub autofill: Autofill,
}

/// A template for e-mail.
#[derive(Debug, Clone, PartialEq)]
pub struct EmailBody {
    /// The caller's own number of the template.
    pub email_template_id: i64,
    /// The sender's address.
    pub from: Option<String>,
    /// The caller's landing page.
    pub landing_page_id: Option<String>,
    /// The subject as written; it may use placeholders but not the PIN.
    pub subject: String,
    /// The plain text as written.
    pub text: String,
    /// The parsed plain text.
    pub template: Template,
    /// The HTML alternative as written.
    pub html: Option<String>,
    /// The parsed HTML alternative.
    pub html_template: Option<Template>,
}

/// India's distributed ledger ids for one template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IndiaDlt {
    /// The principal entity, at most 30 characters.
    pub principal_entity_id: String,
    /// The content template, at most 30 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_template_id: Option<String>,
    /// The telemarketer chain, at most 255 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tele_marketer_id: Option<String>,
}

/// Lines at the end of an SMS that let a phone recognise the PIN.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Autofill {
    /// The site the code is bound to: the last line becomes `@host #code` (WICG origin-bound one-time codes).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub web_origin: Option<String>,
    /// The 11 characters by which Android's SMS Retriever finds the app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub android_hash: Option<String>,
}

impl Autofill {
    /// Whether neither line is asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.web_origin.is_none() && self.android_hash.is_none()
    }

    /// Checks host and hash.
    ///
    /// # Errors
    /// The bound that is broken.
    pub fn check(&self) -> Result<(), Vec<FieldError>> {
        let mut errors = Vec::new();
        let is_host = |host: &str| {
            host.len() <= 253
                && host.contains('.')
                && host.split('.').all(|label| {
                    !label.is_empty() && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
                })
        };
        if self.web_origin.as_deref().is_some_and(|host| !is_host(host)) {
            errors.push(FieldError::new("autofill.webOrigin", "must be a host name in lower case, such as example.com"));
        }
        let is_hash = |hash: &str| hash.len() == 11 && hash.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/".contains(&b));
        if self.android_hash.as_deref().is_some_and(|hash| !is_hash(hash)) {
            errors.push(FieldError::new("autofill.androidHash", "must be the 11 characters of the app's hash"));
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

impl TextBody {
    /// The SMS with its autofill lines.
    #[must_use]
    pub fn sms(&self, pin: &Pin, values: &BTreeMap<String, String>) -> String {
        self.with_autofill(self.template.render(pin, values), pin)
    }

    /// A text that came with its request, with the template's autofill lines.
    #[must_use]
    pub fn sms_of(&self, wording: &Wording, pin: &Pin) -> String {
        self.with_autofill(wording.render(pin), pin)
    }

    fn with_autofill(&self, mut text: String, pin: &Pin) -> String {
        if let Some(hash) = &self.autofill.android_hash {
            text.push('\n');
            text.push_str(hash);
        }
        if let Some(host) = &self.autofill.web_origin {
            text.push_str("\n\n@");
            text.push_str(host);
            text.push_str(" #");
            text.push_str(pin.expose());
        }
        text
    }

    /// What a call speaks.
    #[must_use]
    pub fn speech(&self, pin: &Pin, values: &BTreeMap<String, String>) -> String {
        self.template.render_spoken(pin, values)
    }
}

impl EmailBody {
    /// The subject with values in place.
    #[must_use]
    pub fn rendered_subject(&self, values: &BTreeMap<String, String>) -> String {
        let mut rendered = String::with_capacity(self.subject.len());
        let mut rest = self.subject.as_str();
        while let Some((before, after)) = rest.split_once("{{") {
            rendered.push_str(before);
            // Once: what a value contains is text, never a placeholder.
            match after.split_once("}}").and_then(|(name, after)| Some((values.get(name)?, after))) {
                Some((value, after)) => {
                    rendered.push_str(value);
                    rest = after;
                }
                None => {
                    rendered.push_str("{{");
                    rest = after;
                }
            }
        }
        rendered + rest
    }
}

impl Message {
    /// Whether a value of this name is used anywhere in the message.
    #[must_use]
    pub fn uses(&self, name: &str) -> bool {
        match &self.body {
            Body::Text(body) => body.template.names().contains(name),
            Body::Email(body) => {
                body.template.names().contains(name)
                    || body.html_template.as_ref().is_some_and(|html| html.names().contains(name))
            }
        }
    }

    /// Whether it has the link that confirms by a press.
    #[must_use]
    pub fn has_link(&self) -> bool {
        match &self.body {
            Body::Text(_) => false,
            Body::Email(body) => body.template.has_link() || body.html_template.as_ref().is_some_and(Template::has_link),
        }
    }

    /// Checks a request's placeholder values.
    ///
    /// # Errors
    /// See [`check_values`].
    pub fn check_values(&self, field: &str, values: &BTreeMap<String, String>) -> Result<(), Vec<FieldError>> {
        let uses = |name: &str| self.uses(name);
        match &self.body {
            Body::Text(body) => check_values(field, uses, body.template.names(), values),
            Body::Email(body) => {
                let html = body.html_template.as_ref().map(Template::names);
                check_values(field, uses, body.template.names().iter().chain(html.into_iter().flatten()), values)
            }
        }
    }
}

/// Checks a sender shown to people: an alphanumeric name of at most 16 characters or a number, without anything that
/// could break out of a header or a call.
///
/// # Errors
/// The bound it breaks.
pub fn check_sender(field: &'static str, sender: &str) -> Result<(), FieldError> {
    let plain = sender.chars().all(|c| c.is_ascii_alphanumeric() || " +-_.&".contains(c));
    if (1..=16).contains(&sender.len()) && plain && sender.trim() == sender {
        Ok(())
    } else {
        Err(FieldError::new(field, "must have 1 to 16 letters, digits, spaces or + - _ . &"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(autofill: Autofill) -> TextBody {
        let text = "Code {{pin}} for {{who}}";
        TextBody {
            text: text.into(),
            pin_placeholder: "{{pin}}".into(),
            template: Template::parse(text, "{{pin}}").expect("a template"),
            sender: None,
            language: Language::English,
            voice_name: None,
            repeat_dtmf: None,
            speech_rate: None,
            india_dlt: None,
            autofill,
        }
    }

    #[test]
    fn the_origin_bound_line_is_the_last_one() {
        let autofill = Autofill { web_origin: Some("example.com".into()), android_hash: Some("FA+9qCX9VSu".into()) };
        assert_eq!(autofill.check(), Ok(()));
        let values = BTreeMap::from([("who".into(), "@evil.example #000000".into())]);
        let text = body(autofill).sms(&Pin::given("123456"), &values);
        assert_eq!(text, "Code 123456 for @evil.example #000000\nFA+9qCX9VSu\n\n@example.com #123456");
        assert_eq!(text.lines().last(), Some("@example.com #123456"));
    }

    #[test]
    fn hosts_and_hashes_are_checked() {
        for host in ["example", "Example.com", "a b.example", "example.com #1", "exa\nmple.com", ""] {
            assert!(Autofill { web_origin: Some(host.into()), android_hash: None }.check().is_err(), "{host:?}");
        }
        for hash in ["", "short", "FA+9qCX9VS\n", "FA+9qCX9VSu1"] {
            assert!(Autofill { web_origin: None, android_hash: Some(hash.into()) }.check().is_err(), "{hash:?}");
        }
    }

    #[test]
    fn senders_cannot_inject() {
        assert_eq!(check_sender("from", "Infobip 2FA"), Ok(()));
        for hostile in ["", "a\r\nBcc: x", "name,other", "a\0", "12345678901234567", " x", "<a@b>"] {
            assert!(check_sender("from", hostile).is_err(), "{hostile:?}");
        }
    }
}

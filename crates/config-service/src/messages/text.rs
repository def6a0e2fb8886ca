//! What a request says of a template for SMS and voice, and what holds for each field. Everything that could leave its
//! place in a message, a header or a call is refused here, where the tenant sees it.

use std::fmt::Display;

use pinfold_core::alphabet::Alphabet;
use pinfold_core::field::{Checks, FieldError};
use pinfold_core::language::Language;
use pinfold_core::limits::Ceilings;
use pinfold_core::message::{Autofill, IndiaDlt, TextBody, check_sender};
use pinfold_core::template::{InvalidTemplate, Template};
use serde::Deserialize;
use serde_json::Number;
use utoipa::ToSchema;

use super::{AutofillSchema, LanguageSchema, PinTypeSchema};

/// Changes to a template for SMS and voice. What is left out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MessageUpdateRequest)]
pub(crate) struct TextRequest {
    /// The text, with the PIN placeholder at least once and others as `{{name}}`.
    #[schema(min_length = 1, max_length = 1530, example = "Your PIN is {{pin}}")]
    pub(super) message_text: Option<String>,
    /// What stands for the PIN in the text.
    #[schema(min_length = 3, max_length = 32, example = "{{pin}}")]
    pub(super) pin_placeholder: Option<String>,
    #[schema(value_type = Option<PinTypeSchema>)]
    pub(super) pin_type: Option<Alphabet>,
    /// How many characters the PIN has.
    #[schema(value_type = Option<i32>, minimum = 4, example = 6)]
    pub(super) pin_length: Option<Number>,
    /// The sender shown to the person.
    #[schema(min_length = 1, max_length = 16, example = "Example")]
    pub(super) sender_id: Option<String>,
    #[schema(value_type = Option<LanguageSchema>)]
    pub(super) language: Option<Language>,
    /// The voice a call is spoken by.
    #[schema(min_length = 1, max_length = 50, example = "Joanna")]
    pub(super) voice_name: Option<String>,
    /// The keys that replay a call.
    #[serde(rename = "repeatDTMF")]
    #[schema(pattern = "^[0-9*#]{1,4}$", example = "1#")]
    pub(super) repeat_dtmf: Option<String>,
    /// The speed of speech.
    #[schema(value_type = Option<f64>, minimum = 0.5, maximum = 2, example = 1.0)]
    pub(super) speech_rate: Option<Number>,
    /// What a region's law asks for.
    pub(super) regional: Option<RegionalRequest>,
    /// Lines that let a phone fill in the PIN by itself.
    #[schema(value_type = Option<AutofillSchema>)]
    pub(super) autofill: Option<Autofill>,
}

/// What a region's law asks for.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RegionalRequest {
    /// India's distributed ledger ids.
    #[schema(value_type = Option<IndiaDltRequest>)]
    india_dlt: Option<IndiaDlt>,
}

/// India's distributed ledger ids.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "says in the API reference what the rules' own type takes")]
struct IndiaDltRequest {
    /// The principal entity.
    #[schema(min_length = 1, max_length = 30)]
    principal_entity_id: String,
    /// The content template.
    #[schema(min_length = 1, max_length = 30)]
    content_template_id: Option<String>,
    /// The telemarketer chain.
    #[schema(min_length = 1, max_length = 255)]
    tele_marketer_id: Option<String>,
}

impl TextRequest {
    /// The length of the PIN, when the request states one.
    pub(super) fn length(&self, ceilings: &Ceilings, checks: &mut Checks) -> Option<u8> {
        length(self.pin_length.as_ref(), ceilings, checks)
    }

    /// Notes every field that breaks its bound, save the text itself, which has to be looked at with its placeholder.
    pub(super) fn check(&self, checks: &mut Checks) {
        if let Some(sender) = &self.sender_id {
            check_sender("senderId", sender).unwrap_or_else(|error| checks.push(error));
        }
        let is_voice = |name: &String| {
            (1..=50).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        let must = "must have 1 to 50 letters, digits or -";
        checks.require(self.voice_name.as_ref().is_none_or(is_voice), "voiceName", must);
        let is_dtmf = |keys: &String| {
            (1..=4).contains(&keys.len()) && keys.bytes().all(|byte| byte.is_ascii_digit() || b"*#".contains(&byte))
        };
        let must = "must have 1 to 4 of the keys 0 to 9, * and #";
        checks.require(self.repeat_dtmf.as_ref().is_none_or(is_dtmf), "repeatDTMF", must);
        let is_rate = |rate: &Number| rate.as_f64().is_some_and(|rate| (0.5..=2.0).contains(&rate));
        checks.require(self.speech_rate.as_ref().is_none_or(is_rate), "speechRate", "must be between 0.5 and 2");
        if let Some(ids) = self.regional.as_ref().and_then(|regional| regional.india_dlt.as_ref()) {
            check_ids(ids, checks);
        }
        let errors = self.autofill.as_ref().and_then(|autofill| autofill.check().err());
        errors.into_iter().flatten().for_each(|error| checks.push(error));
    }

    /// Puts what the request states into `body`, save text and placeholder. [`Self::check`] has found it good.
    pub(super) fn fill(self, body: &mut TextBody) {
        put(&mut body.language, self.language);
        put(&mut body.autofill, self.autofill);
        put(&mut body.sender, self.sender_id.map(Some));
        put(&mut body.voice_name, self.voice_name.map(Some));
        put(&mut body.repeat_dtmf, self.repeat_dtmf.map(Some));
        put(&mut body.speech_rate, self.speech_rate.map(|rate| rate.as_f64()));
        put(&mut body.india_dlt, self.regional.map(|regional| regional.india_dlt));
    }
}

fn put<T>(slot: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *slot = value;
    }
}

fn check_ids(ids: &IndiaDlt, checks: &mut Checks) {
    let bounds = [
        ("regional.indiaDlt.principalEntityId", Some(&ids.principal_entity_id), 30),
        ("regional.indiaDlt.contentTemplateId", ids.content_template_id.as_ref(), 30),
        ("regional.indiaDlt.teleMarketerId", ids.tele_marketer_id.as_ref(), 255),
    ];
    for (field, id, most) in bounds {
        let is_id = |id: &String| (1..=most).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
        checks.require(id.is_none_or(is_id), field, format!("must have 1 to {most} visible ASCII characters"));
    }
}

/// The length of a PIN in the field `pinLength`, when the request states one.
pub(crate) fn length(stated: Option<&Number>, ceilings: &Ceilings, checks: &mut Checks) -> Option<u8> {
    let length = ceilings.check_length("pinLength", stated?.as_i64().unwrap_or(i64::MAX));
    length.map_err(|error| checks.push(error)).ok()
}

/// The template that `text` is; what is wrong is noted under the field it is wrong with.
pub(crate) fn template(field: &'static str, text: &str, pin_placeholder: &str, checks: &mut Checks) -> Option<Template> {
    let invalid = |error: InvalidTemplate| {
        let field = if error == InvalidTemplate::PinPlaceholder { "pinPlaceholder" } else { field };
        checks.push(FieldError::new(field, must(&error)));
    };
    let template = Template::parse(text, pin_placeholder).map_err(invalid).ok()?;
    if field == "messageText" && template.has_link() {
        checks.push(FieldError::new(field, "must not contain {{confirmLink}}: the link is for mails alone"));
    }
    Some(template)
}

fn must(error: &impl Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn faults(request: Value) -> Vec<String> {
        let request: TextRequest = serde_json::from_value(request).expect("of the right shape");
        let mut checks = Checks::default();
        request.length(&Ceilings::default(), &mut checks);
        request.check(&mut checks);
        checks.finish().err().into_iter().flatten().map(|error| error.field.into_owned()).collect()
    }

    #[test]
    fn usual_values_are_fine() {
        for request in [
            json!({}),
            json!({"repeatDTMF": "1#", "speechRate": 1, "senderId": "Infobip 2FA", "voiceName": "Joanna", "pinLength": 4}),
            json!({"repeatDTMF": "*12#", "speechRate": 0.5, "senderId": "+41793026727", "pinLength": 10}),
            json!({"speechRate": 2.0, "voiceName": "en-US-Neural2-F", "language": "zh_cn", "pinType": "HEX"}),
            json!({"regional": {"indiaDlt": {"principalEntityId": "1".repeat(30), "teleMarketerId": "1".repeat(255)}}}),
            json!({"regional": {"indiaDlt": null}, "autofill": {}}),
            json!({"autofill": {"webOrigin": "login.example.com", "androidHash": "FA+9qCX9VSu"}}),
        ] {
            assert_eq!(faults(request.clone()), [""; 0], "{request}");
        }
    }

    #[test]
    fn each_broken_bound_is_named() {
        for (request, field) in [
            (json!({"pinLength": 3}), "pinLength"),
            (json!({"pinLength": 0}), "pinLength"),
            (json!({"pinLength": -6}), "pinLength"),
            (json!({"pinLength": 11}), "pinLength"),
            (json!({"pinLength": 260}), "pinLength"),
            (json!({"pinLength": 4_294_967_302_u64}), "pinLength"),
            (json!({"pinLength": u64::MAX}), "pinLength"),
            (json!({"pinLength": 6.5}), "pinLength"),
            (json!({"speechRate": 0.49}), "speechRate"),
            (json!({"speechRate": 2.01}), "speechRate"),
            (json!({"speechRate": -1}), "speechRate"),
            (json!({"speechRate": 1e300}), "speechRate"),
            (json!({"repeatDTMF": ""}), "repeatDTMF"),
            (json!({"repeatDTMF": "12345"}), "repeatDTMF"),
            (json!({"repeatDTMF": "1a"}), "repeatDTMF"),
            (json!({"repeatDTMF": "１"}), "repeatDTMF"),
            (json!({"repeatDTMF": "1\r\n"}), "repeatDTMF"),
            (json!({"voiceName": ""}), "voiceName"),
            (json!({"voiceName": "a".repeat(51)}), "voiceName"),
            (json!({"voiceName": "Jo<break/>anna"}), "voiceName"),
            (json!({"voiceName": "Joanna\r\nX: y"}), "voiceName"),
            (json!({"senderId": ""}), "senderId"),
            (json!({"senderId": "a\r\nBcc: x@y.example"}), "senderId"),
            (json!({"senderId": "name,other"}), "senderId"),
            (json!({"senderId": "12345678901234567"}), "senderId"),
            (json!({"regional": {"indiaDlt": {"principalEntityId": ""}}}), "regional.indiaDlt.principalEntityId"),
            (json!({"regional": {"indiaDlt": {"principalEntityId": "1".repeat(31)}}}), "regional.indiaDlt.principalEntityId"),
            (
                json!({"regional": {"indiaDlt": {"principalEntityId": "1", "contentTemplateId": "1".repeat(31)}}}),
                "regional.indiaDlt.contentTemplateId",
            ),
            (
                json!({"regional": {"indiaDlt": {"principalEntityId": "1", "teleMarketerId": "1".repeat(256)}}}),
                "regional.indiaDlt.teleMarketerId",
            ),
            (
                json!({"regional": {"indiaDlt": {"principalEntityId": "1", "teleMarketerId": "1\r\n2"}}}),
                "regional.indiaDlt.teleMarketerId",
            ),
            (json!({"autofill": {"webOrigin": "evil.example #000000"}}), "autofill.webOrigin"),
            (json!({"autofill": {"webOrigin": "https://example.com"}}), "autofill.webOrigin"),
            (json!({"autofill": {"androidHash": "short"}}), "autofill.androidHash"),
        ] {
            assert_eq!(faults(request.clone()), [field], "{request}");
        }
    }

    #[test]
    fn other_types_are_refused() {
        for request in [
            json!({"pinLength": "6"}),
            json!({"pinLength": true}),
            json!({"pinType": "numeric"}),
            json!({"pinType": "CHOSEN"}),
            json!({"pinType": 1}),
            json!({"language": "xx"}),
            json!({"language": "EN"}),
            json!({"speechRate": "1"}),
            json!({"senderId": 123}),
            json!({"messageText": ["x"]}),
            json!({"regional": []}),
            json!({"regional": {"indiaDlt": {}}}),
            json!({"regional": {"indiaDlt": {"principalEntityId": 1}}}),
            json!({"autofill": {"html": "x"}}),
            json!([]),
        ] {
            assert!(serde_json::from_value::<TextRequest>(request.clone()).is_err(), "{request}");
        }
    }
}

//! Shows a text as a person would read it and what it costs: the same rendering and counting as for a message that
//! leaves, with a PIN that stands for any of its kind.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use actix_web::web::Data;
use pinfold_core::alphabet::Alphabet;
use pinfold_core::field::{Checks, FieldError};
use pinfold_core::language::Language;
use pinfold_core::limits::Ceilings;
use pinfold_core::message::{Autofill, TextBody};
use pinfold_core::pin::Pin;
use pinfold_core::segments;
use pinfold_core::template::{PIN_PLACEHOLDER, check_values};
use pinfold_http::{Authorized, Body, ConfigRead, Mount, Problem, ProblemView};
use serde::{Deserialize, Serialize};
use serde_json::Number;
use utoipa::ToSchema;

use crate::State;
use crate::messages::text::{length, template};
use crate::messages::{AutofillSchema, DEFAULT_LENGTH, PinTypeSchema};
use crate::refusals::NativeBody;

/// A text to preview.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MessagePreviewRequest)]
pub(crate) struct PreviewRequest {
    /// The text, with the PIN placeholder at least once and others as `{{name}}`.
    #[schema(min_length = 1, max_length = 1530, example = "{{name}}, your PIN is {{pin}}")]
    message_text: String,
    /// What stands for the PIN in the text; `{{pin}}` by default.
    #[schema(min_length = 3, max_length = 32, example = "{{pin}}")]
    pin_placeholder: Option<String>,
    /// How many characters the PIN has; 6 by default.
    #[schema(value_type = Option<i32>, minimum = 4, example = 6)]
    pin_length: Option<Number>,
    #[schema(value_type = Option<PinTypeSchema>)]
    pin_type: Option<Alphabet>,
    /// Values of the text's placeholders. One without a value shows as it stands.
    #[schema(example = json!({"name": "Ann"}))]
    placeholders: Option<BTreeMap<String, String>>,
    /// Lines that let a phone fill in the PIN by itself.
    #[schema(value_type = Option<AutofillSchema>)]
    autofill: Option<Autofill>,
}

/// A text as a person would read it.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MessagePreview)]
pub(crate) struct PreviewView {
    /// The text, with zeros or the first letter of the alphabet in place of the PIN.
    #[schema(example = "Ann, your PIN is 000000")]
    text: String,
    /// How an SMS would carry it: `GSM-7` or `UCS-2`.
    #[schema(value_type = String, example = "GSM-7")]
    encoding: &'static str,
    /// Septets or 16-bit units.
    #[schema(example = 23)]
    units: usize,
    /// Messages that would be sent and paid for.
    #[schema(example = 1)]
    segments: u16,
}

/// Registers the operation.
pub(crate) fn mount(mount: &mut Mount) {
    pinfold_http::mount!(mount; self);
}

/// Shows a text as a person would read it, and how many SMS it takes.
#[utoipa::path(
    post,
    path = "/v1/message-previews",
    operation_id = "message_previews.create",
    tag = "Message templates",
    request_body = PreviewRequest,
    responses(
        (status = 200, description = "The text", body = PreviewView),
        (status = 400, description = "A field is missing or past its bound", body = ProblemView, content_type = "application/problem+json"),
        NativeBody,
    )
)]
pub(crate) async fn handler(
    _: Authorized<ConfigRead>,
    state: Data<State>,
    body: Body<PreviewRequest>,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(body.value.render(&state.ceilings)?))
}

impl PreviewRequest {
    fn render(self, ceilings: &Ceilings) -> Result<PreviewView, Vec<FieldError>> {
        let (text, autofill) = (self.message_text, self.autofill.unwrap_or_default());
        let pin_placeholder = self.pin_placeholder.unwrap_or_else(|| PIN_PLACEHOLDER.to_owned());
        let mut values = self.placeholders.unwrap_or_default();
        let mut checks = Checks::default();
        let template = template("messageText", &text, &pin_placeholder, &mut checks);
        let length = length(self.pin_length.as_ref(), ceilings, &mut checks).unwrap_or(DEFAULT_LENGTH);
        autofill.check().err().into_iter().flatten().for_each(|error| checks.push(error));
        if let Some(template) = &template {
            let is_used = |name: &str| template.names().contains(name);
            let errors = check_values("placeholders", is_used, [], &values).err();
            errors.into_iter().flatten().for_each(|error| checks.push(error));
        }
        checks.finish()?;
        let template = template.expect("a text that is no template is a fault");
        for name in template.names() {
            values.entry(name.clone()).or_insert_with(|| format!("{{{{{name}}}}}"));
        }
        let first = self.pin_type.unwrap_or(Alphabet::Numeric).characters()[0];
        let pin = Pin::given(&char::from(first).to_string().repeat(length.into()));
        let body = TextBody {
            text,
            pin_placeholder,
            template,
            sender: None,
            language: Language::default(),
            voice_name: None,
            repeat_dtmf: None,
            speech_rate: None,
            india_dlt: None,
            autofill,
        };
        let text = body.sms(&pin, &values);
        let counted = segments::count(&text);
        Ok(PreviewView { text, encoding: counted.encoding.name(), units: counted.units, segments: counted.count })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn preview(request: Value) -> Result<PreviewView, Vec<String>> {
        let request: PreviewRequest = serde_json::from_value(request).expect("of the right shape");
        let fields = |errors: Vec<FieldError>| errors.into_iter().map(|error| error.field.into_owned()).collect();
        request.render(&Ceilings::default()).map_err(fields)
    }

    #[test]
    fn a_text_shows_with_zeros_for_the_pin() {
        let shown = preview(json!({"messageText": "{{name}}, your PIN is {{pin}}", "placeholders": {"name": "Ann"}}));
        let expected = PreviewView { text: "Ann, your PIN is 000000".into(), encoding: "GSM-7", units: 23, segments: 1 };
        assert_eq!(shown, Ok(expected));
        let shown =
            preview(json!({"messageText": "Ж <pin> {{name}}", "pinPlaceholder": "<pin>", "pinType": "ALPHA", "pinLength": 4}));
        let expected = PreviewView { text: "Ж AAAA {{name}}".into(), encoding: "UCS-2", units: 15, segments: 1 };
        assert_eq!(shown, Ok(expected));
    }

    #[test]
    fn autofill_lines_are_counted_too() {
        let request = json!({"messageText": format!("{{{{pin}}}}{}", "a".repeat(140)),
            "autofill": {"webOrigin": "example.com", "androidHash": "FA+9qCX9VSu"}});
        let shown = preview(request).expect("fine");
        assert_eq!(shown.text.lines().last(), Some("@example.com #000000"));
        assert_eq!((shown.units, shown.segments), (180, 2));
    }

    #[test]
    fn values_show_literally() {
        for value in ["{{pin}}", "{{7*7}}", "${x}", "{% x %}", "$1", "%s", "<#…>", "{{b}}"] {
            let shown =
                preview(json!({"messageText": "{{a}} {{b}} {{pin}}", "placeholders": {"a": value, "b": "x"}})).expect(value);
            assert_eq!(shown.text, format!("{value} x 000000"));
        }
    }

    #[test]
    fn each_fault_is_named() {
        for (request, field) in [
            (json!({"messageText": "no pin"}), "messageText"),
            (json!({"messageText": "{{pin}}", "pinLength": 3}), "pinLength"),
            (json!({"messageText": "{{pin}}", "pinPlaceholder": "x"}), "pinPlaceholder"),
            (json!({"messageText": "{{pin}}", "placeholders": {"other": "x"}}), "placeholders.other"),
            (json!({"messageText": "{{pin}}", "placeholders": {"pin": "1234"}}), "placeholders.pin"),
            (json!({"messageText": "{{a}} {{pin}}", "placeholders": {"a": "x\n@evil.example #1"}}), "placeholders.a"),
            (json!({"messageText": "{{a}} {{pin}}", "placeholders": {"a": "x".repeat(161)}}), "placeholders.a"),
            (json!({"messageText": "{{pin}}", "autofill": {"webOrigin": "x y"}}), "autofill.webOrigin"),
        ] {
            assert_eq!(preview(request.clone()), Err(vec![field.into()]), "{request}");
        }
    }
}

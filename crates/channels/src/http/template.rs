//! Text with `{{name}}` placeholders, taken apart once. What stands around the placeholders is encoded then; what
//! stands in their place is encoded for where it stands, once, so that no value can add a field, a parameter or
//! another placeholder.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;
use url::form_urlencoded::byte_serialize;

use crate::outgoing::Outgoing;

macro_rules! slots {
    ($($(#[$doc:meta])* $variant:ident $name:literal),+ $(,)?) => {
        /// What a placeholder stands for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Slot { $($(#[$doc])* $variant),+ }

        /// The names of all placeholders.
        pub(crate) const NAMES: &[&str] = &[$($name),+];

        impl Slot {
            fn named(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

slots! {
    To "to", From "from", Text "text", Subject "subject", Language "language", Channel "channel", Reference "reference",
    VoiceName "voice_name", SpeechRate "speech_rate", RepeatDtmf "repeat_dtmf", ExpiresAtMs "expires_at_ms",
    PrincipalEntityId "dlt_principal_entity_id", ContentTemplateId "dlt_content_template_id",
    TelemarketerId "dlt_telemarketer_id",
}

impl Slot {
    /// The value in `message`; nothing where the message has none.
    fn value<'m>(self, message: &Outgoing<'m>) -> Cow<'m, str> {
        let dlt = message.india_dlt;
        let text = match self {
            Self::To => Some(message.recipient.text()),
            Self::From => message.from,
            Self::Text => Some(message.text),
            Self::Subject => message.subject,
            Self::Language => Some(message.language.code()),
            Self::Channel => Some(message.channel.name()),
            Self::Reference => Some(message.reference),
            Self::VoiceName => message.voice_name,
            Self::RepeatDtmf => message.repeat_dtmf,
            Self::SpeechRate => return message.speech_rate.map_or(Cow::Borrowed(""), |rate| rate.to_string().into()),
            Self::ExpiresAtMs => return message.expires_at_ms.to_string().into(),
            Self::PrincipalEntityId => dlt.map(|dlt| dlt.principal_entity_id.as_str()),
            Self::ContentTemplateId => dlt.and_then(|dlt| dlt.content_template_id.as_deref()),
            Self::TelemarketerId => dlt.and_then(|dlt| dlt.tele_marketer_id.as_deref()),
        };
        Cow::Borrowed(text.unwrap_or_default())
    }
}

/// The text has a placeholder nobody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UnknownPlaceholder;

/// A text taken apart.
#[derive(Debug)]
pub(crate) struct Template {
    parts: Vec<Part>,
    encode: fn(&str, &mut String),
}

#[derive(Debug, PartialEq, Eq)]
enum Part {
    Fixed(String),
    Slot(Slot),
}

impl Template {
    /// Text without any encoding, such as a header's value.
    pub(crate) fn plain(text: &str) -> Result<Self, UnknownPlaceholder> {
        let mut template = Self { parts: Vec::new(), encode: |text, out| out.push_str(text) };
        template.push(text)?;
        Ok(template)
    }

    /// Fields of a form or of a query.
    pub(crate) fn form(fields: &BTreeMap<String, String>) -> Result<Self, UnknownPlaceholder> {
        let mut template = Self { parts: Vec::new(), encode: |text, out| out.extend(byte_serialize(text.as_bytes())) };
        for (index, (name, value)) in fields.iter().enumerate() {
            let name: String = byte_serialize(name.as_bytes()).collect();
            template.push_fixed(if index > 0 { "&" } else { "" });
            template.push_fixed(&name);
            template.push_fixed("=");
            template.push(value)?;
        }
        Ok(template)
    }

    /// A JSON document, with placeholders inside its strings.
    pub(crate) fn json(document: &Value) -> Result<Self, UnknownPlaceholder> {
        let mut template = Self { parts: Vec::new(), encode: encode_json };
        template.push_json(document)?;
        Ok(template)
    }

    /// The text, when it has no placeholder.
    pub(crate) fn fixed(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Fixed(text)] => Some(text),
            _ => None,
        }
    }

    pub(crate) fn uses(&self, slot: Slot) -> bool {
        self.parts.contains(&Part::Slot(slot))
    }

    /// The text for one message.
    pub(crate) fn render(&self, message: &Outgoing<'_>) -> String {
        let fixed: usize = self.parts.iter().map(|part| if let Part::Fixed(text) = part { text.len() } else { 24 }).sum();
        let mut out = String::with_capacity(fixed + message.text.len());
        for part in &self.parts {
            match part {
                Part::Fixed(text) => out.push_str(text),
                Part::Slot(slot) => (self.encode)(&slot.value(message), &mut out),
            }
        }
        out
    }

    fn push_json(&mut self, value: &Value) -> Result<(), UnknownPlaceholder> {
        match value {
            Value::String(text) => {
                self.push_fixed("\"");
                self.push(text)?;
                self.push_fixed("\"");
            }
            Value::Array(items) => {
                self.push_fixed("[");
                for (index, item) in items.iter().enumerate() {
                    self.push_fixed(if index > 0 { "," } else { "" });
                    self.push_json(item)?;
                }
                self.push_fixed("]");
            }
            Value::Object(members) => {
                self.push_fixed("{");
                for (index, (name, member)) in members.iter().enumerate() {
                    self.push_fixed(if index > 0 { ",\"" } else { "\"" });
                    let mut encoded = String::new();
                    encode_json(name, &mut encoded);
                    self.push_fixed(&encoded);
                    self.push_fixed("\":");
                    self.push_json(member)?;
                }
                self.push_fixed("}");
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => self.push_fixed(&value.to_string()),
        }
        Ok(())
    }

    /// Takes `text` apart. Only `{{` and `}}` around a name in lower case make a placeholder.
    fn push(&mut self, mut text: &str) -> Result<(), UnknownPlaceholder> {
        let is_name = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        while let Some((before, rest)) = text.split_once("{{") {
            match rest.split_once("}}") {
                Some((name, after)) if is_name(name) => {
                    self.push_encoded(before);
                    self.parts.push(Part::Slot(Slot::named(name).ok_or(UnknownPlaceholder)?));
                    text = after;
                }
                _ => {
                    // One brace at a time: of `{{{to}}` the last two open the placeholder.
                    self.push_encoded(before);
                    self.push_encoded("{");
                    text = &text[before.len() + 1..];
                }
            }
        }
        self.push_encoded(text);
        Ok(())
    }

    fn push_encoded(&mut self, text: &str) {
        let mut encoded = String::with_capacity(text.len());
        (self.encode)(text, &mut encoded);
        self.push_fixed(&encoded);
    }

    fn push_fixed(&mut self, text: &str) {
        match self.parts.last_mut() {
            _ if text.is_empty() => {}
            Some(Part::Fixed(last)) => last.push_str(text),
            _ => self.parts.push(Part::Fixed(text.to_owned())),
        }
    }
}

/// The inside of a JSON string.
fn encode_json(text: &str, out: &mut String) {
    if !text.bytes().any(|byte| matches!(byte, ..b' ' | b'"' | b'\\')) {
        return out.push_str(text);
    }
    let quoted = serde_json::to_string(text).expect("a string serialises");
    out.push_str(&quoted[1..quoted.len() - 1]);
}

#[cfg(test)]
mod tests {
    use pinfold_core::channel::Channel;
    use pinfold_core::recipient::Recipient;
    use serde_json::json;

    use super::*;

    fn with_message<T>(text: &str, test: impl FnOnce(&Outgoing<'_>) -> T) -> T {
        let recipient = Recipient::parse("41793026727").expect("a number");
        let mut message = Outgoing::new("R1", Channel::Sms, &recipient, text);
        message.from = Some("{{text}}");
        test(&message)
    }

    #[test]
    fn values_stand_inside_json_strings_once() {
        let document = json!({"a\"b": [{"to": "+{{to}}", "body": "«{{text}}» {{from}}"}], "n": 1, "t": true, "z": null});
        let template = Template::json(&document).expect("known placeholders");
        let text = "quote \" brace } back \\ line \n {{to}} 😀";
        let rendered: Value = with_message(text, |message| serde_json::from_str(&template.render(message))).expect("JSON");
        let expected = json!({
            "a\"b": [{"to": "+41793026727", "body": format!("«{text}» {{{{text}}}}")}], "n": 1, "t": true, "z": null
        });
        assert_eq!(rendered, expected);
    }

    #[test]
    fn values_cannot_add_form_fields() {
        let fields = BTreeMap::from([("a b".to_owned(), "x&y".to_owned()), ("t".to_owned(), "{{text}}".to_owned())]);
        let template = Template::form(&fields).expect("known placeholders");
        let rendered = with_message("1&to=2 %", |message| template.render(message));
        assert_eq!(rendered, "a+b=x%26y&t=1%26to%3D2+%25");
    }

    #[test]
    fn only_names_in_double_braces_are_placeholders() {
        let render = |text| {
            let template = Template::plain(text);
            with_message("T", |message| template.map(|template| template.render(message)))
        };
        assert_eq!(render("{{{to}}}").as_deref(), Ok("{41793026727}"));
        assert_eq!(render("{{ to }} {{").as_deref(), Ok("{{ to }} {{"));
        assert_eq!(render("{to} }} {{}}").as_deref(), Ok("{to} }} {{}}"));
        assert_eq!(render("{{pin}}"), Err(UnknownPlaceholder));
        assert_eq!(render("{{text}}{{text}}").as_deref(), Ok("TT"));
    }

    #[test]
    fn a_text_without_placeholders_is_fixed() {
        assert_eq!(Template::plain("Bearer x").map(|template| template.fixed().map(str::to_owned)), Ok(Some("Bearer x".into())));
        assert_eq!(Template::plain("{{to}}").map(|template| template.fixed().is_some()), Ok(false));
    }

    #[test]
    fn every_name_has_a_slot() {
        assert!(NAMES.iter().all(|name| Slot::named(name).is_some()));
    }
}
